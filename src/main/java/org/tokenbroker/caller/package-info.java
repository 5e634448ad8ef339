/**
 * Who calls: internal services and admins, their keys, how a request proves whose it is, and what a
 * caller may read. Knows the words of OAuth and of problems, and the database's clock.
 */
@NullMarked
package org.tokenbroker.caller;

import org.jspecify.annotations.NullMarked;
