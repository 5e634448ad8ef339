package org.tokenbroker.onboarding;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import org.tokenbroker.agency.Candidates;

/** Erases what has had its time. */
@Singleton
class Housekeeping {

  private final Candidates candidates;
  private final AuthorizationRequests requests;
  private final CallbackResults results;

  Housekeeping(Candidates candidates, AuthorizationRequests requests, CallbackResults results) {
    this.candidates = candidates;
    this.requests = requests;
    this.results = results;
  }

  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void expire() {
    candidates.expire();
    requests.expire();
    results.expire();
  }
}
