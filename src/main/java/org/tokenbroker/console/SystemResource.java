package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.EncryptionKeyUse;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.notice.NoticeOverview;
import org.tokenbroker.refresh.RefreshConfig;
import org.tokenbroker.refresh.Replicas;
import org.tokenbroker.refresh.Replicas.Replica;
import org.tokenbroker.refresh.UpstreamGate;

/**
 * How the broker itself is: its processes, its gate to Active911, its keys, its notices, its
 * configuration.
 */
@Path("/console/system")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class SystemResource {

  private final Replicas replicas;
  private final UpstreamGate gate;
  private final RefreshConfig refreshing;
  private final DataSource dataSource;
  private final TokenCipher cipher;
  private final NoticeOverview notices;
  private final ShownConfiguration configuration;
  private final DatabaseClock clock;

  SystemResource(
      Replicas replicas,
      UpstreamGate gate,
      RefreshConfig refreshing,
      DataSource dataSource,
      TokenCipher cipher,
      NoticeOverview notices,
      ShownConfiguration configuration,
      DatabaseClock clock) {
    this.replicas = replicas;
    this.gate = gate;
    this.refreshing = refreshing;
    this.dataSource = dataSource;
    this.cipher = cipher;
    this.notices = notices;
    this.configuration = configuration;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance system(
        Session session,
        String version,
        List<ReplicaView> replicas,
        Gate gate,
        List<KeyUseView> keys,
        List<NoticeWay> notices,
        List<String> kinds,
        List<ShownConfiguration.Entry> configuration);
  }

  /** A process, as the page shows it. */
  record ReplicaView(
      String id,
      String host,
      String version,
      Moment started,
      Moment lastSeen,
      boolean late,
      int journalEntries,
      boolean listening,
      boolean self) {

    static ReplicaView of(Replica replica, Instant now) {
      return new ReplicaView(
          replica.id(),
          replica.host(),
          replica.version(),
          Moment.at(replica.startedAt(), now),
          Moment.at(replica.lastSeen(), now),
          replica.late(),
          replica.journalEntries(),
          replica.listening(),
          replica.self());
    }
  }

  /**
   * How the gate to Active911 stands.
   *
   * @param pausedUntil null: it is not
   * @param rate calls a second; 0: any number
   */
  record Gate(boolean clientRefused, @Nullable Moment pausedUntil, int rate) {}

  /**
   * A key of the keyset, or one that is missing in it.
   *
   * @param values how many stored values it has encrypted
   */
  record KeyUseView(String id, long values, boolean primary, boolean missing) {}

  /**
   * How one way of sending notices does.
   *
   * @param waiting how many are still to be sent
   * @param since since when the first of them waits; null: none does
   * @param failure a short name of the last failure; null: there is none to look at
   */
  record NoticeWay(
      String name,
      boolean on,
      long waiting,
      @Nullable Moment since,
      long givenUp,
      @Nullable Moment delivered,
      @Nullable String failure,
      @Nullable Moment failed) {

    static NoticeWay of(NoticeOverview.Way way, Instant now) {
      return new NoticeWay(
          switch (way.channel()) {
            case WEBHOOK -> "Webhook";
            case MAIL -> "Mail";
            case CONTACT -> "Letters to contacts";
          },
          way.on(),
          way.summary().waiting(),
          Moment.of(way.summary().oldest(), now),
          way.summary().givenUp(),
          Moment.of(way.summary().lastDelivered(), now),
          way.summary().lastFailure(),
          Moment.of(way.summary().lastFailureAt(), now));
    }
  }

  @GET
  @Operation(hidden = true)
  public Response page(@Context RoutingContext request) {
    Instant now = clock.instant();
    UpstreamGate.State state = gate.state();
    return Page.of(
        Templates.system(
            Session.of(request),
            replicas.version(),
            replicas.alive().stream().map(replica -> ReplicaView.of(replica, now)).toList(),
            new Gate(
                state.clientRefused(),
                state.pausedFor().isZero() ? null : Moment.at(now.plus(state.pausedFor()), now),
                refreshing.rate()),
            keys(),
            notices.ways().stream().map(way -> NoticeWay.of(way, now)).toList(),
            notices.kinds().stream().map(kind -> kind.replace('_', ' ')).toList(),
            configuration.entries()));
  }

  private List<KeyUseView> keys() {
    SortedMap<Long, Long> values;
    try (Connection connection = dataSource.getConnection()) {
      values = EncryptionKeyUse.count(connection);
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
    SortedSet<Long> ids = new TreeSet<>(values.keySet());
    ids.addAll(cipher.keyIds());
    return ids.stream()
        .map(
            id ->
                new KeyUseView(
                    id.toString(),
                    values.getOrDefault(id, 0L),
                    cipher.primaryKeyId().equals(OptionalLong.of(id)),
                    !cipher.keyIds().contains(id)))
        .toList();
  }
}
