/**
 * The words in which a request is refused: the problems of the contract (RFC 9457). A leaf: knows
 * no other room, and no framework.
 */
@NullMarked
package org.tokenbroker.problem;

import org.jspecify.annotations.NullMarked;
