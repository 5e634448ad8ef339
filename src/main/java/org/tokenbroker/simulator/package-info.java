/**
 * A strict stand-in for Active911: its consent page, token endpoint, page of personal grants and
 * API, as RFC 6749 and Active911's own documentation have them. For development, tests and
 * benchmarks; never in the production jar. Knows no other room and no container: plain Vert.x on an
 * instance of its own, so that it also runs by itself.
 */
@NullMarked
package org.tokenbroker.simulator;

import org.jspecify.annotations.NullMarked;
