/**
 * Active911, as the broker meets it: its addresses, what is sent there and what its answers mean.
 * The only room that calls it. Knows only the words of OAuth and HTTP; no database, no agency.
 */
@NullMarked
package org.tokenbroker.active911;

import org.jspecify.annotations.NullMarked;
