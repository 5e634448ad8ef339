package org.tokenbroker.caller;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.util.Optional;
import org.tokenbroker.agency.DatabaseClock;

/**
 * Who a caller's key belongs to, answered from memory: all callers and keys are held, used or not.
 * Reloaded whole after each change; there are few of them and they change seldom.
 */
@ApplicationScoped
class CallerKeys {

  private final Callers callers;
  private final DatabaseClock clock;
  private volatile Directory directory = Directory.EMPTY;

  CallerKeys(Callers callers, DatabaseClock clock) {
    this.callers = callers;
    this.clock = clock;
  }

  void start(@Observes StartupEvent event) {
    reload();
  }

  void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) CallersChanged event) {
    reload();
  }

  /** One at a time, so that what is read last is also what stays. */
  private synchronized void reload() {
    directory = callers.directory();
  }

  /** The caller whose key this is; does not block. */
  Optional<AuthenticatedCaller> authenticate(ApiKey key) {
    return directory.find(key, clock.instant());
  }
}
