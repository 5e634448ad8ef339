package org.tokenbroker.notice;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The notices that were made, and what has become of sending them. A delivery is claimed by one
 * statement that moves its next attempt on: no other replica takes it until then, so that it is
 * given back by itself if its holder is never heard of again. What comes of it is settled by the
 * number of the claim, so that an answer that comes late changes nothing newer.
 */
@Singleton
public class Outbox {

  /** For so long nobody else sends what was claimed; longer than sending may take. */
  static final Duration CLAIM = Duration.ofMinutes(2);

  /** What was not delivered by then is given up, whatever its next attempt would be. */
  private static final Duration GIVEN_UP = Duration.ofDays(6);

  /** So long after it was made a notice is forgotten. */
  private static final Duration REMEMBERED = Duration.ofDays(30);

  /**
   * After that a threshold or a candidate cannot be there any more, and need not be remembered.
   * What is deleted once it is over is not forgotten by age.
   */
  private static final Duration SAID = Duration.ofDays(60);

  /** Those of a newer release are left to it. */
  private static final String[] KINDS =
      Arrays.stream(NoticeKind.values()).map(NoticeKind::toString).toArray(String[]::new);

  private final DataSource dataSource;

  Outbox(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * A notice to be written.
   *
   * @param agency its slug; null: it is about the broker, or about many
   * @param gathered whether it says of many agencies what else would be said of each
   * @param body what a webhook is sent
   */
  record Entry(UUID id, NoticeKind kind, @Nullable String agency, boolean gathered, String body) {}

  /**
   * The right to deliver a notice in one way, for as long as {@link #CLAIM}.
   *
   * @param attempt how many attempts there were with this one; names the claim
   * @param invitation that an earlier attempt made; null: none
   */
  record Claimed(
      UUID notice,
      Channel channel,
      int attempt,
      NoticeKind kind,
      @Nullable String agency,
      String body,
      @Nullable String invitation) {}

  /**
   * How one way of sending does.
   *
   * @param waiting how many notices are still to be delivered
   * @param oldest since when the first of them waits; null: none does
   * @param givenUp how many were given up within 30 days
   * @param lastDelivered when one was delivered last; null: none within 30 days
   * @param lastFailure our name for the last failure of one that waits or was given up; null: none
   * @param lastFailureAt when that was
   */
  public record Summary(
      long waiting,
      @Nullable Instant oldest,
      long givenUp,
      @Nullable Instant lastDelivered,
      @Nullable String lastFailure,
      @Nullable Instant lastFailureAt) {

    static final Summary NOTHING = new Summary(0, null, 0, null, null, null);
  }

  /** Writes a notice and how it is to be sent, in the connection's transaction. */
  static void add(Connection connection, Entry entry, Set<Channel> channels) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            with made as (
                insert into notice (id, kind, agency, gathered, body, created_at)
                values (?, ?, ?, ?, ?, clock_timestamp()) returning id
            )
            insert into notice_delivery (notice_id, channel, next_attempt_at)
            select id, unnest(?), clock_timestamp() from made
            """)) {
      statement.setObject(1, entry.id());
      statement.setString(2, entry.kind().toString());
      statement.setString(3, entry.agency());
      statement.setBoolean(4, entry.gathered());
      statement.setString(5, entry.body());
      statement.setArray(6, connection.createArrayOf("text", names(channels)));
      statement.executeUpdate();
    }
  }

  private static String[] names(Set<Channel> channels) {
    return channels.stream().map(Channel::toString).toArray(String[]::new);
  }

  /**
   * Claims deliveries that are due. Replicas that do so at the same time claim different ones.
   *
   * @param channels the ways that are configured
   * @param limit how many at most
   */
  List<Claimed> claim(Set<Channel> channels, int limit) throws SQLException {
    List<Claimed> claimed = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                with due as (
                    select d.notice_id, d.channel
                      from notice_delivery d join notice n on n.id = d.notice_id
                     where d.delivered_at is null and d.given_up_at is null
                       and d.next_attempt_at <= clock_timestamp() and d.channel = any(?)
                       and n.kind = any(?)
                     order by d.next_attempt_at limit ? for update of d skip locked
                )
                update notice_delivery d
                   set attempts = d.attempts + 1, attempted_at = clock_timestamp(),
                       next_attempt_at = clock_timestamp() + ? * interval '1 millisecond'
                  from due join notice n on n.id = due.notice_id
                 where d.notice_id = due.notice_id and d.channel = due.channel
                returning d.notice_id, d.channel, d.attempts, n.kind, n.agency, n.body,
                          d.invitation_id
                """)) {
      statement.setArray(1, connection.createArrayOf("text", names(channels)));
      statement.setArray(2, connection.createArrayOf("text", KINDS));
      statement.setInt(3, limit);
      statement.setLong(4, CLAIM.toMillis());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          claimed.add(
              new Claimed(
                  row.getObject(1, UUID.class),
                  Channel.of(row.getString(2)),
                  row.getInt(3),
                  NoticeKind.of(row.getString(4)).orElseThrow(),
                  row.getString(5),
                  row.getString(6),
                  row.getString(7)));
        }
      }
    }
    return claimed;
  }

  /** It was delivered. */
  boolean delivered(Claimed claim) throws SQLException {
    return settle(claim, "delivered_at = clock_timestamp(), last_error = null", null, null);
  }

  /** It was not; it is tried again after a pause. */
  boolean failed(Claimed claim, String error, Duration pause) throws SQLException {
    return settle(
        claim,
        "last_error = ?, next_attempt_at = clock_timestamp() + ? * interval '1 millisecond'",
        error,
        pause.toMillis());
  }

  /** It is not tried any more. */
  boolean givenUp(Claimed claim, String error) throws SQLException {
    return settle(claim, "last_error = ?, given_up_at = clock_timestamp()", error, null);
  }

  /** It has become pointless, and is forgotten. */
  void outdated(Claimed claim) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "delete from notice_delivery where notice_id = ? and channel = ? and attempts = ?")) {
      identify(statement, 1, claim);
      statement.executeUpdate();
    }
  }

  private boolean settle(Claimed claim, String change, @Nullable String error, @Nullable Long pause)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update notice_delivery set "
                    + change
                    + " where notice_id = ? and channel = ? and attempts = ?"
                    + " and delivered_at is null and given_up_at is null")) {
      int next = 1;
      if (error != null) {
        statement.setString(next++, error);
      }
      if (pause != null) {
        statement.setLong(next++, pause);
      }
      identify(statement, next, claim);
      return statement.executeUpdate() > 0;
    }
  }

  private static void identify(PreparedStatement statement, int from, Claimed claim)
      throws SQLException {
    statement.setObject(from, claim.notice());
    statement.setString(from + 1, claim.channel().toString());
    statement.setInt(from + 2, claim.attempt());
  }

  /**
   * What is still to be delivered.
   *
   * @param count how many notices
   * @param age how long the first of them has been waiting
   */
  record Waiting(long count, Duration age) {
    static final Waiting NOTHING = new Waiting(0, Duration.ZERO);
  }

  /** What is still to be delivered in each of these ways; those without anything are left out. */
  Map<Channel, Waiting> waiting(Set<Channel> channels) throws SQLException {
    Map<Channel, Waiting> waiting = new EnumMap<>(Channel.class);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select d.channel, count(*),
                       greatest(0, extract(epoch from clock_timestamp() - min(n.created_at)))::bigint
                  from notice_delivery d join notice n on n.id = d.notice_id
                 where d.delivered_at is null and d.given_up_at is null and d.channel = any(?)
                 group by d.channel
                """)) {
      statement.setArray(1, connection.createArrayOf("text", names(channels)));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          waiting.put(
              Channel.of(row.getString(1)),
              new Waiting(row.getLong(2), Duration.ofSeconds(row.getLong(3))));
        }
      }
    }
    return waiting;
  }

  /** How each way of sending does; those that never sent anything are left out. */
  Map<Channel, Summary> summaries() throws SQLException {
    Map<Channel, Summary> summaries = new EnumMap<>(Channel.class);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select d.channel,
                       count(*) filter (where waits),
                       min(n.created_at) filter (where waits),
                       count(d.given_up_at), max(d.delivered_at),
                       (array_agg(d.last_error order by d.attempted_at desc)
                            filter (where d.last_error is not null))[1],
                       max(d.attempted_at) filter (where d.last_error is not null)
                  from notice_delivery d join notice n on n.id = d.notice_id,
                       lateral (select d.delivered_at is null and d.given_up_at is null) w(waits)
                 group by d.channel
                """);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        summaries.put(
            Channel.of(row.getString(1)),
            new Summary(
                row.getLong(2),
                instant(row, 3),
                row.getLong(4),
                instant(row, 5),
                row.getString(6),
                instant(row, 7)));
      }
    }
    return summaries;
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.withOffsetSameInstant(ZoneOffset.UTC).toInstant();
  }

  /**
   * Gives up what has waited for too long, and forgets what is old.
   *
   * @return how many deliveries were given up, by their way
   */
  Map<Channel, Integer> tidy() throws SQLException {
    Map<Channel, Integer> givenUp = new EnumMap<>(Channel.class);
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement statement =
          connection.prepareStatement(
              """
              update notice_delivery d
                 set given_up_at = clock_timestamp(), last_error = coalesce(last_error, 'expired')
                from notice n
               where n.id = d.notice_id and d.delivered_at is null and d.given_up_at is null
                 and d.next_attempt_at <= clock_timestamp()
                 and n.created_at < clock_timestamp() - ? * interval '1 second'
              returning d.channel
              """)) {
        statement.setLong(1, GIVEN_UP.toSeconds());
        try (ResultSet row = statement.executeQuery()) {
          while (row.next()) {
            givenUp.merge(Channel.of(row.getString(1)), 1, Integer::sum);
          }
        }
      }
      delete(
          connection,
          "delete from notice where created_at < clock_timestamp() - ? * interval '1 second'",
          REMEMBERED);
      delete(
          connection,
          """
          delete from notice_said
           where kind in ('consent_ending', 'contact', 'candidate_waiting')
             and said_at < clock_timestamp() - ? * interval '1 second'
          """,
          SAID);
    }
    return givenUp;
  }

  private static void delete(Connection connection, String sql, Duration age) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, age.toSeconds());
      statement.executeUpdate();
    }
  }
}
