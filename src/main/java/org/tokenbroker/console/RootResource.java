package org.tokenbroker.console;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Leads who types nothing but the host's name to the console. */
@Path("/")
public class RootResource {

  @GET
  @Operation(hidden = true)
  public Response root() {
    return Response.status(Response.Status.FOUND).location(URI.create(ReturnTarget.HOME)).build();
  }
}
