/**
 * The words of OAuth 2.0 (RFC 6749) that every other room speaks: secrets, scopes, token sets,
 * errors. Plain values; knows no container, no database and no other room.
 */
@NullMarked
package org.tokenbroker.oauth;

import org.jspecify.annotations.NullMarked;
