/**
 * What RFC 9110 says that more than one room has to read. Plain values; knows no container and no
 * other room.
 */
@NullMarked
package org.tokenbroker.http;

import org.jspecify.annotations.NullMarked;
