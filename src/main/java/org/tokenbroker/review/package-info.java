/**
 * The audit trail as admins read it, a page at a time or as a whole. Apart from the room that
 * writes it, which must not know who admins are.
 */
@NullMarked
package org.tokenbroker.review;

import org.jspecify.annotations.NullMarked;
