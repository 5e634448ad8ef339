package org.tokenbroker.development;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tokenbroker.simulator.Simulator;

/** Where PostgreSQL and the simulator are; as text, one line. */
record Addresses(
    int postgresPort, URI simulator, URI authorize, URI token, URI api, URI personalToken) {

  static Addresses of(EmbeddedPostgres postgres, Simulator simulator) {
    return new Addresses(
        postgres.getPort(),
        simulator.origin(),
        simulator.authorizeUrl(),
        simulator.tokenUrl(),
        simulator.apiUrl(),
        simulator.personalTokenUrl());
  }

  /** Reads what {@link #toString()} gave. */
  static Addresses parse(String line) {
    String[] parts = line.split(" ", -1);
    return new Addresses(
        Integer.parseInt(parts[0]),
        URI.create(parts[1]),
        URI.create(parts[2]),
        URI.create(parts[3]),
        URI.create(parts[4]),
        URI.create(parts[5]));
  }

  /** The configuration properties that follow from them. */
  Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("active911.authorize-url", authorize.toString());
    properties.put("active911.token-url", token.toString());
    properties.put("active911.api-url", api.toString());
    properties.put("active911.personal-token-url", personalToken.toString());
    properties.put(
        "quarkus.datasource.jdbc.url", "jdbc:postgresql://127.0.0.1:" + postgresPort + "/postgres");
    properties.put("quarkus.datasource.username", "postgres");
    properties.put("quarkus.datasource.password", "postgres");
    return properties;
  }

  @Override
  public String toString() {
    return "%d %s %s %s %s %s"
        .formatted(postgresPort, simulator, authorize, token, api, personalToken);
  }
}
