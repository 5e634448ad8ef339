package org.tokenbroker.caller;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.time.Instant;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.ChangesSought;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;

/**
 * Whom a key belongs to, answered from memory: all callers, named admins and keys are held, used or
 * not. Reloaded whole after each change; there are few of them and they change seldom.
 */
@Singleton // and not of a scope with a proxy: each read comes by here
class CallerKeys {

  private static final Logger LOG = Logger.getLogger(CallerKeys.class);

  private final Callers callers;
  private final DatabaseClock clock;
  private final KeyUse uses;
  private volatile Directory directory = Directory.EMPTY;

  /** What {@link Callers#mark()} was before the directory was read. */
  private String mark = "";

  CallerKeys(Callers callers, DatabaseClock clock, KeyUse uses) {
    this.callers = callers;
    this.clock = clock;
    this.uses = uses;
  }

  void start(@Observes StartupEvent event) {
    reload();
  }

  void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) CallersChanged event) {
    reload();
  }

  /** One at a time, so that what is read last is also what stays. */
  private synchronized void reload() {
    mark = callers.mark();
    directory = callers.directory();
  }

  /** Another replica may have changed something. */
  synchronized void look(@Observes ChangesSought event) {
    try {
      if (!callers.mark().equals(mark)) {
        reload();
      }
    } catch (PersistenceException e) {
      if (!DatabaseUnavailableException.isCauseOf(e)) {
        throw e;
      }
      LOG.debug("The callers in memory serve: the database cannot be reached");
    }
  }

  /** The caller whose key this is; does not block. */
  Optional<AuthenticatedCaller> authenticate(ApiKey key) {
    Instant now = clock.instant();
    Optional<AuthenticatedCaller> caller = directory.caller(key, now);
    if (caller.isPresent()) {
      uses.note(key, now);
    }
    return caller;
  }

  /** The caller that a verified token is for; does not block. */
  Optional<AuthenticatedCaller> ofToken(VerifiedTokens.Claims claims) {
    return directory.callerOf(claims.issuer(), claims.subject());
  }

  /** The caller whose client certificates have this subject; does not block. */
  Optional<AuthenticatedCaller> ofCertificate(X500Principal subject) {
    return directory.callerOf(subject);
  }

  /** The named admin whose key this is; does not block. */
  Optional<Admin> authenticateAdmin(ApiKey key) {
    Instant now = clock.instant();
    Optional<Admin> admin = directory.admin(key, now);
    if (admin.isPresent()) {
      uses.note(key, now);
    }
    return admin;
  }

  /** The named admin with a valid key of this hash; does not block. */
  Optional<Admin> adminByHash(byte[] hash) {
    return directory.adminByHash(hash, clock.instant());
  }
}
