/**
 * What every service needs around its features: the clock and randomness they are given, how a
 * failure becomes an answer, the checks at the start. Imported by no other room.
 */
@NullMarked
package org.tokenbroker.platform;

import org.jspecify.annotations.NullMarked;
