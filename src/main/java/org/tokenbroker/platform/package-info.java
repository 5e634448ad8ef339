/**
 * What stands around the rooms: the way in from the command line, the check of the configuration,
 * the clock, randomness. May know every room; no other room imports it, the development room's way
 * in apart.
 */
@NullMarked
package org.tokenbroker.platform;

import org.jspecify.annotations.NullMarked;
