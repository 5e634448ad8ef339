/**
 * The admin pages, and what every page of the broker has in common: its headers and its way in.
 * Works without JavaScript. Knows what the rooms below can do, and keeps nothing of its own but the
 * sessions of signed-in admins. No page ever shows a token or a key.
 */
@NullMarked
package org.tokenbroker.console;

import org.jspecify.annotations.NullMarked;
