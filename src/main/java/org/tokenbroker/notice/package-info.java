/**
 * Tells people and machines what needs them: by a signed webhook, by mail, and by a letter to an
 * agency's contact. {@link org.tokenbroker.notice.Watch} finds in the database what is to be said
 * and writes it into an outbox; {@link org.tokenbroker.notice.Deliveries} sends it, again where it
 * has to. Reads what the inner rooms have stored and changes none of it; makes invitations.
 */
@NullMarked
package org.tokenbroker.notice;

import org.jspecify.annotations.NullMarked;
