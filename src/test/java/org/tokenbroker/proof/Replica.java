package org.tokenbroker.proof;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.refresh.JournaledAgencies;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;

/** One broker of a fleet: a process that can be started again, with a journal that stays. */
final class Replica implements AutoCloseable {

  private final Path directory;
  private final Map<String, String> environment;
  private @Nullable BrokerProcess process;
  private String earlierLogs = "";

  Replica(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = new HashMap<>(environment);
  }

  /** Sets a key of its environment from its next start on. */
  Replica with(String key, String value) {
    environment.put(key, value);
    return this;
  }

  /** Starts it, also again; returns when it listens. */
  void start() {
    process = BrokerProcess.serve(directory, environment);
  }

  BrokerProcess process() {
    BrokerProcess started = process;
    if (started == null) {
      throw new IllegalStateException("the replica was never started");
    }
    return started;
  }

  URI origin() {
    return process().origin();
  }

  URI management() {
    return process().management();
  }

  BrokerClient client() {
    return new BrokerClient(origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  /** As {@code kill -9}. */
  void kill() {
    process().kill();
    keepLog();
  }

  /** As SIGTERM; returns its exit code. */
  int stop() {
    int exitCode = process().stop();
    keepLog();
    return exitCode;
  }

  private void keepLog() {
    earlierLogs += process().log() + System.lineSeparator();
  }

  /** What all its processes have printed. */
  String log() {
    BrokerProcess started = process;
    return started == null || !started.isAlive() ? earlierLogs : earlierLogs + started.log();
  }

  /** How many lines of its log hold this text. */
  long logged(String text) {
    return log().lines().filter(line -> line.contains(text)).count();
  }

  /** Where its journal is. */
  Path journal() {
    return directory.resolve("journal");
  }

  /** The ids of the agencies of which an answer stands in its journal. */
  Set<Long> journaled() {
    return JournaledAgencies.in(
        journal(), environment.getOrDefault("BROKER_ENCRYPTION_KEYSET", ""));
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
