package org.tokenbroker.active911;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;

/**
 * An endpoint that takes a form: the token endpoint, and the one of personal grants. It answers a
 * bare response, so that the body can be read whatever its label says; and later, so that a call
 * can be given up, which a blocked one cannot.
 */
@Path("")
interface FormEndpoint {

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  Uni<Response> post(MultivaluedMap<String, String> form);
}
