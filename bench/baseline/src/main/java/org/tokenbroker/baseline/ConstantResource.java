package org.tokenbroker.baseline;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** One answer, always the same, and nothing done for it: as fast as Quarkus REST can be. */
@Path("/constant")
@Singleton
public class ConstantResource {

  private final String body;

  /** Answers with the body that it is given, so that it can be as long as the other's. */
  ConstantResource(@ConfigProperty(name = "baseline.body") String body) {
    this.body = body;
  }

  /** The constant, on the event loop. */
  @GET
  @NonBlocking
  @Produces(MediaType.APPLICATION_JSON)
  public String get() {
    return body;
  }
}
