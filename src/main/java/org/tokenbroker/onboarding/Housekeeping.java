package org.tokenbroker.onboarding;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.Candidates;

/** Erases what has had its time. */
@Singleton
class Housekeeping {

  private final Agencies agencies;
  private final Candidates candidates;
  private final AuthorizationRequests requests;
  private final CallbackResults results;
  private final Invitations invitations;

  Housekeeping(
      Agencies agencies,
      Candidates candidates,
      AuthorizationRequests requests,
      CallbackResults results,
      Invitations invitations) {
    this.agencies = agencies;
    this.candidates = candidates;
    this.requests = requests;
    this.results = results;
    this.invitations = invitations;
  }

  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void expire() {
    agencies.forgetRemoved();
    candidates.expire();
    requests.expire();
    results.expire();
    invitations.expire();
  }
}
