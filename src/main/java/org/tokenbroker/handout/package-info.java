/**
 * Answers internal services: which agencies are theirs, and a valid token of each, from memory. Has
 * a token renewed where memory holds none that will do. Knows callers, grants and the refresher.
 */
@NullMarked
package org.tokenbroker.handout;

import org.jspecify.annotations.NullMarked;
