package org.tokenbroker.active911;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;

/** The root of Active911's API. */
@Path("")
interface ApiRoot {

  @GET
  Uni<Response> get(@HeaderParam(HttpHeaders.AUTHORIZATION) String authorization);
}
