package org.tokenbroker.notice;

import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;

/** How sending notices does, as people look at it. */
@Singleton
public class NoticeOverview {

  private final NoticeSettings settings;
  private final Outbox outbox;

  NoticeOverview(NoticeSettings settings, Outbox outbox) {
    this.settings = settings;
    this.outbox = outbox;
  }

  /**
   * One way of sending.
   *
   * @param on whether it is configured
   */
  public record Way(Channel channel, boolean on, Outbox.Summary summary) {}

  /**
   * All ways, configured or not.
   *
   * @throws DatabaseUnavailableException if the database does not answer
   */
  public List<Way> ways() {
    try {
      Map<Channel, Outbox.Summary> summaries = outbox.summaries();
      return Arrays.stream(Channel.values())
          .map(
              channel ->
                  new Way(
                      channel,
                      settings.isOn(channel),
                      summaries.getOrDefault(channel, Outbox.Summary.NOTHING)))
          .toList();
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  /** The kinds of notices that are made, by their texts. */
  public List<String> kinds() {
    return Arrays.stream(NoticeKind.values())
        .filter(settings::isOn)
        .map(NoticeKind::toString)
        .toList();
  }
}
