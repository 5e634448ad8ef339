package org.tokenbroker.platform;

import jakarta.ws.rs.core.Application;
import org.eclipse.microprofile.openapi.annotations.OpenAPIDefinition;
import org.eclipse.microprofile.openapi.annotations.enums.SecuritySchemeType;
import org.eclipse.microprofile.openapi.annotations.info.Info;
import org.eclipse.microprofile.openapi.annotations.security.SecurityScheme;

/** What the OpenAPI document says of the service as a whole. */
@OpenAPIDefinition(
    info =
        @Info(
            title = "Active911 token broker",
            version = "1",
            description =
                """
                Keeps agencies' Active911 consents and hands short-lived access tokens to internal
                services. Times are RFC 3339 in UTC, durations whole seconds. What goes wrong is
                said as `application/problem+json` (RFC 9457), checked in this order: 401, 400,
                403, 404, 409, the rest.

                Every answer names its request in `X-Request-ID`, by which the log and the audit
                trail know it: the name that was sent, if it is one of at most 36 letters, digits
                and hyphens, or else a new one."""))
@SecurityScheme(
    securitySchemeName = "caller_key",
    type = SecuritySchemeType.HTTP,
    scheme = "bearer",
    bearerFormat = "tbk_<key id>_<secret>_<crc32>",
    description =
        "An internal service's API key; or a JWT of an issuer that the broker is configured to"
            + " believe. A client certificate needs no header")
@SecurityScheme(
    securitySchemeName = "admin_key",
    type = SecuritySchemeType.HTTP,
    scheme = "bearer",
    description = "An admin's key; what it opens depends on the admin's role")
public class ApiDocument extends Application {}
