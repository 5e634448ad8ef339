package org.tokenbroker.handout;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.PGProperty;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.TokenRenewed;
import org.tokenbroker.caller.CallersChanged;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.refresh.ChangeListener;

/**
 * Has every replica's {@link CacheFeed} look at once when something was changed here, by NOTIFY,
 * and this one's when something was changed elsewhere, by LISTEN. It only makes a change seen
 * sooner: what has changed is asked of the tables, and asked twice a second in any case, so that a
 * lost notification loses nothing.
 *
 * <p>LISTEN needs a session of its own, past any pooler: {@code BROKER_FEED_JDBC_URL}. NOTIFY takes
 * a lock of the whole database when it commits, so it is sent by itself, and once for all changes
 * of a moment.
 */
@Singleton
class ChangeBell implements ChangeListener {

  private static final Logger LOG = Logger.getLogger(ChangeBell.class);

  private static final String PASSWORD = "quarkus.datasource.password";

  private static final String CHANNEL = "token_broker_changed";
  private static final String AGENCIES = "agencies";
  private static final String CALLERS = "callers";

  /**
   * For how long changes are gathered after some were told: one by itself is told at once, since
   * others may have readers who wait for it.
   */
  private static final Duration GATHER = Duration.ofMillis(20);

  /** How often the listening connection is tried where nothing is heard. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** How long it may take to answer, in seconds. */
  private static final int TIMEOUT = 5;

  private static final Duration BETWEEN_CONNECTIONS = Duration.ofMillis(500);

  private final DataSource dataSource;
  private final CacheFeed feed;
  private final String url;
  private final String user;
  private final ConfiguredSecrets secrets;

  private final AtomicBoolean agencies = new AtomicBoolean();
  private final AtomicBoolean callers = new AtomicBoolean();
  private final Semaphore toTell = new Semaphore(0);
  private volatile boolean deaf;
  private volatile @Nullable Thread telling;
  private volatile @Nullable Thread listening;

  ChangeBell(
      DataSource dataSource,
      CacheFeed feed,
      @ConfigProperty(name = "broker.feed-jdbc-url") Optional<String> feedUrl,
      @ConfigProperty(name = "quarkus.datasource.jdbc.url") String url,
      @ConfigProperty(name = "quarkus.datasource.username") String user,
      ConfiguredSecrets secrets) {
    this.dataSource = dataSource;
    this.feed = feed;
    this.url = feedUrl.orElse(url);
    this.user = user;
    this.secrets = secrets;
  }

  void start(@Observes StartupEvent event) {
    telling = Thread.ofVirtual().name("change-bell").start(this::tell);
    listening = Thread.ofVirtual().name("change-ear").start(this::listen);
  }

  void stop(@Observes ShutdownEvent event) {
    for (Thread thread : new Thread[] {telling, listening}) {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /** Whether what others change is heard of at once, as far as is known. */
  @Override
  public boolean isListening() {
    return !deaf;
  }

  void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) AgencyChanged event) {
    tellOf(agencies);
  }

  void renewed(@Observes TokenRenewed event) {
    tellOf(agencies);
  }

  void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) CallersChanged event) {
    tellOf(callers);
  }

  private void tellOf(AtomicBoolean what) {
    what.set(true);
    toTell.release();
  }

  private void tell() {
    try {
      while (true) {
        toTell.acquire();
        toTell.drainPermits();
        if (agencies.getAndSet(false)) {
          notify(AGENCIES);
        }
        if (callers.getAndSet(false)) {
          notify(CALLERS);
        }
        Thread.sleep(GATHER);
      }
    } catch (InterruptedException e) {
      // The process ends.
    }
  }

  private void notify(String what) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement("select pg_notify(?, ?)")) {
      statement.setString(1, CHANNEL);
      statement.setString(2, what);
      statement.execute();
    } catch (SQLException e) {
      LOG.debug("A change could not be told; the others find it by themselves", e);
    }
  }

  private void listen() {
    try {
      while (true) {
        try (Connection connection = DriverManager.getConnection(url, properties())) {
          listen(connection);
        } catch (SQLException e) {
          if (!deaf && !Thread.currentThread().isInterrupted()) {
            deaf = true;
            LOG.warnf(
                "The connection that listens for changes is lost (SQL state %s); they are asked for"
                    + " twice a second",
                e.getSQLState());
          }
        }
        Thread.sleep(BETWEEN_CONNECTIONS);
      }
    } catch (InterruptedException e) {
      // The process ends.
    }
  }

  private void listen(Connection connection) throws SQLException, InterruptedException {
    PGConnection session = connection.unwrap(PGConnection.class);
    try (Statement statement = connection.createStatement()) {
      statement.execute("listen " + CHANNEL);
      if (deaf) {
        deaf = false;
        LOG.info("The connection that listens for changes is back");
      }
      feed.ring(true); // whatever was told before it listened
      while (!Thread.interrupted()) {
        PGNotification[] heard = session.getNotifications((int) HEARTBEAT.toMillis());
        if (heard == null || heard.length == 0) {
          statement.execute("select 1"); // fails where the connection is dead
        } else {
          boolean ofCallers = false;
          for (PGNotification notification : heard) {
            ofCallers |= notification.getParameter().equals(CALLERS);
          }
          feed.ring(ofCallers);
        }
      }
      throw new InterruptedException();
    }
  }

  private Properties properties() {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, user);
    PGProperty.PASSWORD.set(properties, secrets.get(PASSWORD).value());
    PGProperty.CONNECT_TIMEOUT.set(properties, TIMEOUT);
    PGProperty.SOCKET_TIMEOUT.set(properties, TIMEOUT);
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    PGProperty.APPLICATION_NAME.set(properties, "token-broker feed");
    return properties;
  }
}
