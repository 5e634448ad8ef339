package org.tokenbroker.audit;

import jakarta.inject.Singleton;
import jakarta.transaction.Transactional;
import jakarta.transaction.Transactional.TxType;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.CurrentOrigin.Origin;

/**
 * Takes down what happens. A change is recorded in the transaction that makes it, so that neither
 * is without the other; whatever changes nothing here is noted, and written a few seconds later.
 */
@Singleton // and not of a scope with a proxy: each read comes by here
public class AuditLog {

  private final AuditTables tables;
  private final AuditWriter writer;
  private final CurrentOrigin origin;

  AuditLog(AuditTables tables, AuditWriter writer, CurrentOrigin origin) {
    this.tables = tables;
    this.writer = writer;
    this.origin = origin;
  }

  /** Whatever the present request does from now on, this one does. */
  public void actAs(Actor actor) {
    origin.actAs(actor);
  }

  /** Records a change that whoever sends the present request makes, or the broker itself. */
  @Transactional(TxType.MANDATORY)
  public void record(AuditEvent event) {
    record(event, origin.get());
  }

  /** Records a change that this one makes. */
  @Transactional(TxType.MANDATORY)
  public void record(Actor actor, AuditEvent event) {
    record(event, new Origin(actor, origin.get().requestId()));
  }

  private void record(AuditEvent event, Origin from) {
    try {
      tables.add(event, from);
    } catch (SQLException e) {
      throw new AuditFailedException(e);
    }
  }

  /** Notes what whoever sends the present request does, or the broker itself. Does not block. */
  public void note(AuditEvent event) {
    writer.note(event, origin.get());
  }

  /** Notes what this one does. Does not block. */
  public void note(Actor actor, AuditEvent event) {
    writer.note(event, new Origin(actor, origin.get().requestId()));
  }

  /**
   * Counts a request without a valid credential. Does not block.
   *
   * @param address where it came from; null: not known
   */
  public void authenticationFailed(@Nullable String address) {
    writer.refused(AuditEvent.Kind.AUTHENTICATION_FAILED, address);
  }

  /** Counts a sign-in to the console with a wrong key. Does not block. */
  public void signInFailed(@Nullable String address) {
    writer.refused(AuditEvent.Kind.SIGN_IN_FAILED, address);
  }

  /**
   * Counts a request for what is not granted. Does not block.
   *
   * @param agency whose token was asked for, existing or not; null: it was not about one
   */
  public void forbidden(Actor actor, @Nullable String agency) {
    writer.forbidden(actor, agency);
  }

  /**
   * Counts a token that was handed out. Does not block, and is made for being called for each read.
   *
   * @param generation which of the agency's access tokens it was
   */
  public void handedOut(String caller, String agency, long generation) {
    writer.handedOut(caller, agency, generation);
  }

  /** What is to be recorded could not be: the change does not take place either. */
  static final class AuditFailedException extends RuntimeException {
    AuditFailedException(SQLException cause) {
      super("the audit trail could not be written or read", cause);
    }
  }
}
