package org.tokenbroker.problem;

/** Every kind of problem of the contract, with its HTTP status and the title that goes with it. */
public enum ProblemType {
  UNAUTHENTICATED(401, "Authentication is needed"),
  INVALID_REQUEST(400, "The request is not valid"),
  FORBIDDEN(403, "Not allowed"),
  AGENCY_UNKNOWN(404, "No such agency"),
  NOT_FOUND(404, "No such thing"),
  METHOD_NOT_ALLOWED(405, "This address does not take this method"),
  NOT_ACCEPTABLE(406, "This address does not answer in the accepted media types"),
  CONSENT_REQUIRED(409, "The agency's consent is needed"),
  AGENCY_PAUSED(409, "The agency is paused"),
  AGENCY_MISMATCH(409, "The consent is for another Active911 agency"),
  CONFLICT(409, "The state changed under the request"),
  TOO_LARGE(413, "The request is too large"),
  UNSUPPORTED_MEDIA_TYPE(415, "This address does not take this media type"),
  TTL_UNAVAILABLE(422, "No token lives that long"),
  IMPORT_REJECTED(422, "Active911 refused the token"),
  PRECONDITION_REQUIRED(428, "If-Match is needed"),
  TOO_MANY_REQUESTS(429, "Too many requests"),
  UPSTREAM_UNAVAILABLE(503, "Active911 cannot be reached"),
  DATABASE_UNAVAILABLE(503, "The database cannot be reached"),
  ISSUER_UNAVAILABLE(503, "The token's issuer cannot be reached"),
  INTERNAL_ERROR(500, "Internal error");

  private static final String URN = "urn:token-broker:problem:";

  private final int status;
  private final String title;
  private final String uri;

  ProblemType(int status, String title) {
    this.status = status;
    this.title = title;
    this.uri = URN + name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** The HTTP status code that goes with it. */
  public int status() {
    return status;
  }

  /** A short sentence, the same for every occurrence (RFC 9457 §3.1.4). */
  public String title() {
    return title;
  }

  /** The {@code type} member: a URN that names this kind of problem. */
  public String uri() {
    return uri;
  }
}
