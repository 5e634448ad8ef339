/**
 * Proof that the engine loses no consent: tests of the packaged broker, several processes on one
 * real PostgreSQL and the simulator, in which processes, networks and disks fail. What is asserted
 * are counts and states, never times. {@code docs/proof.md} says what each one shows.
 */
@NullMarked
package org.tokenbroker.proof;

import org.jspecify.annotations.NullMarked;
