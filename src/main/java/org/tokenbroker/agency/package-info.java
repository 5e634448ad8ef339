/**
 * Agencies, their grants and candidates, and how they are kept: encrypted, in PostgreSQL, timed by
 * the database's clock. {@link org.tokenbroker.agency.Grants} is the only writer of a grant. Knows
 * only the words of OAuth.
 */
@NullMarked
package org.tokenbroker.agency;

import org.jspecify.annotations.NullMarked;
