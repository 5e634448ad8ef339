package org.tokenbroker.refresh;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.tokenbroker.active911.TokenReply;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.oauth.OAuthError;

/**
 * What the whole fleet may send to Active911 now. It is kept in one row of the database, so that it
 * holds for all replicas together and no restart resets it:
 *
 * <ul>
 *   <li><b>rate</b>: calls go out at no more than {@code BROKER_REFRESH_RATE} a second;
 *   <li><b>pause</b>: after a 429 nobody calls until {@code Retry-After} (RFC 9110 §10.2.3) is
 *       over;
 *   <li><b>breaker</b>: while Active911 refuses our client (RFC 6749 §5.2, {@code invalid_client}),
 *       application grants are left alone but for one at a time, which shows when it is over.
 * </ul>
 *
 * Every method is one committed statement at most, and but for {@link #heard} throws {@link
 * DatabaseUnavailableException} where the database does not answer.
 */
@Singleton
public class UpstreamGate {

  private static final Logger LOG = Logger.getLogger(UpstreamGate.class);

  /** How long to pause where a 429 does not say. */
  private static final Duration UNSTATED_PAUSE = Duration.ofSeconds(30);

  /** How often one agency is tried while our client is refused. */
  private static final Duration BETWEEN_PROBES = Duration.ofSeconds(15);

  private final DataSource dataSource;
  private final int rate;

  /**
   * Whether the breaker was open when this process looked last: a hint, so that each success need
   * not ask.
   */
  private volatile boolean refusedWhenLastSeen;

  UpstreamGate(DataSource dataSource, RefreshConfig config) {
    this.dataSource = dataSource;
    this.rate = config.rate();
  }

  /**
   * How the gate stands.
   *
   * @param pausedFor for how long nobody may call; zero: not paused
   * @param clientRefused whether the breaker is open
   */
  public record State(Duration pausedFor, boolean clientRefused) {}

  /** How it stands now. */
  public State state() {
    State state =
        one(
            """
            select greatest(0, coalesce(
                       extract(epoch from paused_until - clock_timestamp()) * 1000, 0))::bigint,
                   client_refused_at is not null
              from upstream
            """,
            row -> new State(Duration.ofMillis(row.getLong(1)), row.getBoolean(2)));
    refusedWhenLastSeen = state.clientRefused();
    return state;
  }

  /** For how long a call that is reserved now would have to wait for those before it. */
  Duration queue() {
    return one(
        """
        select greatest(0, extract(epoch from next_call_at - clock_timestamp()) * 1000)::bigint
          from upstream
        """,
        row -> Duration.ofMillis(row.getLong(1)));
  }

  /** Between two calls at the configured rate; zero where there is no limit. */
  Duration spacing() {
    return rate == 0 ? Duration.ZERO : Duration.ofNanos(1_000_000_000L / rate);
  }

  /**
   * Reserves the next calls, {@link #spacing} apart.
   *
   * @param calls how many
   * @param patience how long the first of them may have to wait
   * @return how long it has to; empty, and nothing is reserved, if that is longer than patience
   */
  Optional<Duration> reserve(int calls, Duration patience) {
    Duration spacing = spacing();
    long wait =
        one(
            """
            with asked as (
                select greatest(next_call_at, coalesce(paused_until, 'epoch'), clock_timestamp())
                           as start,
                       clock_timestamp() as now
                  from upstream for update
            )
            update upstream u
               set next_call_at =
                       case when a.start <= a.now + ? * interval '1 microsecond'
                            then a.start + ? * interval '1 microsecond'
                            else u.next_call_at end
              from asked a
            returning ceil(extract(epoch from a.start - a.now) * 1000)::bigint
            """,
            row -> row.getLong(1),
            patience.toNanos() / 1000,
            spacing.multipliedBy(calls).toNanos() / 1000);
    return wait <= patience.toMillis() ? Optional.of(Duration.ofMillis(wait)) : Optional.empty();
  }

  /**
   * Whether this process is the one to try an application grant now although our client was refused
   * a moment ago.
   */
  boolean mayProbe() {
    return changes(
        """
        update upstream set next_probe_at = clock_timestamp() + ? * interval '1 millisecond'
         where client_refused_at is not null and next_probe_at <= clock_timestamp()
        """,
        BETWEEN_PROBES.toMillis());
  }

  /** How long until one agency is tried again while our client is refused, at most. */
  static Duration untilNextProbe() {
    return BETWEEN_PROBES;
  }

  /**
   * Takes note of what an answer means for the fleet; for the agency it may mean something as well.
   * Where the database is away it is not noted: nothing can be claimed then either, and the next
   * answer says it again.
   *
   * @param byClient whether the request proved our client: personal grants do not
   */
  public void heard(TokenReply reply, boolean byClient) {
    try {
      note(reply, byClient);
    } catch (DatabaseUnavailableException e) {
      LOG.debug("What an answer means for the fleet could not be noted: the database is away");
    }
  }

  private void note(TokenReply reply, boolean byClient) {
    switch (reply) {
      case TokenReply.Unavailable(Unavailability reason, Duration retryAfter) -> {
        if (reason == Unavailability.RATE_LIMITED) {
          pause(retryAfter == null ? UNSTATED_PAUSE : retryAfter);
        }
      }
      case TokenReply.Rejected(OAuthError error) -> {
        if (byClient && error == OAuthError.INVALID_CLIENT) {
          refused();
        } else if (byClient) {
          accepted();
        }
      }
      case TokenReply.Issued _ -> {
        if (byClient) {
          accepted();
        }
      }
    }
  }

  private void pause(Duration retryAfter) {
    boolean longer =
        changes(
            """
            update upstream set paused_until = clock_timestamp() + ? * interval '1 millisecond'
             where paused_until is null
                or paused_until < clock_timestamp() + ? * interval '1 millisecond'
            """,
            retryAfter.toMillis(),
            retryAfter.toMillis());
    if (longer) {
      LOG.warnf(
          "Active911 asks us to slow down (429): no refresh for %d s", retryAfter.toSeconds());
    }
  }

  private void refused() {
    refusedWhenLastSeen = true;
    boolean opened =
        changes(
            """
            update upstream
               set client_refused_at = clock_timestamp(),
                   next_probe_at = clock_timestamp() + ? * interval '1 millisecond'
             where client_refused_at is null
            """,
            BETWEEN_PROBES.toMillis());
    if (opened) {
      LOG.errorf(
          "Active911 refuses our client id or secret: no application grant is refreshed until it"
              + " takes them. Check ACTIVE911_CLIENT_ID and ACTIVE911_CLIENT_SECRET. One agency is"
              + " tried each %d s; no consent is touched, valid tokens are handed out",
          BETWEEN_PROBES.toSeconds());
    }
  }

  private void accepted() {
    if (refusedWhenLastSeen
        && changes(
            "update upstream set client_refused_at = null where client_refused_at is not null")) {
      LOG.info("Active911 takes our client id and secret again: refreshing goes on");
    }
    refusedWhenLastSeen = false;
  }

  @FunctionalInterface
  private interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private <T> T one(String sql, RowReader<T> reader, Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = bound(connection, sql, arguments);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return reader.read(row);
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private boolean changes(String sql, Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = bound(connection, sql, arguments)) {
      return statement.executeUpdate() > 0;
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private static PreparedStatement bound(Connection connection, String sql, Object... arguments)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }
}
