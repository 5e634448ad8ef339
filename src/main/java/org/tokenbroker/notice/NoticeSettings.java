package org.tokenbroker.notice;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;

/** Which notices are sent, and where to. The webhook's address and secrets are as they are now. */
@Singleton
public class NoticeSettings {

  static final String WEBHOOK = "broker.notify.webhook";
  static final String WEBHOOK_SECRET = "broker.notify.webhook-secret";
  static final String WEBHOOK_SECRET_NEXT = "broker.notify.webhook-secret-next";

  private static final Pattern COMMA = Pattern.compile(",");

  private final ConfiguredSecrets secrets;
  private final Set<NoticeKind> kinds;
  private final List<String> recipients;
  private final boolean contact;

  @Inject
  NoticeSettings(
      ConfiguredSecrets secrets,
      @ConfigProperty(name = "broker.notify.kinds") Optional<String> kinds,
      @ConfigProperty(name = "broker.notify.mail") Optional<String> mail,
      @ConfigProperty(name = "broker.notify.contact", defaultValue = "false") boolean contact) {
    this(
        secrets,
        kinds.map(NoticeSettings::kinds).orElse(EnumSet.allOf(NoticeKind.class)),
        mail.map(addresses -> parts(addresses).toList()).orElse(List.of()),
        contact);
  }

  NoticeSettings(
      ConfiguredSecrets secrets, Set<NoticeKind> kinds, List<String> recipients, boolean contact) {
    this.secrets = secrets;
    this.kinds = kinds;
    this.recipients = List.copyOf(recipients);
    this.contact = contact;
  }

  /**
   * Reads a list of kinds.
   *
   * @throws IllegalArgumentException if one of them is none
   */
  public static Set<NoticeKind> kinds(String list) {
    return parts(list)
        .map(text -> NoticeKind.of(text).orElseThrow(IllegalArgumentException::new))
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(NoticeKind.class)));
  }

  private static Stream<String> parts(String list) {
    return COMMA.splitAsStream(list + " ").map(String::strip);
  }

  /** Whether notices of this kind are made. */
  public boolean isOn(NoticeKind kind) {
    return kinds.contains(kind);
  }

  /** Whether something is sent this way. */
  public boolean isOn(Channel channel) {
    return switch (channel) {
      case WEBHOOK -> secrets.find(WEBHOOK).isPresent();
      case MAIL -> !recipients.isEmpty();
      case CONTACT -> contact && isOn(NoticeKind.CONSENT_ENDING);
    };
  }

  /** The ways in which something is sent. */
  Set<Channel> channels() {
    return Arrays.stream(Channel.values())
        .filter(this::isOn)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Channel.class)));
  }

  /** Where the webhook is, if one is configured. The path may be a secret. */
  Optional<URI> webhook() {
    return secrets.find(WEBHOOK).map(address -> URI.create(address.value()));
  }

  /** With what webhooks are signed: one secret, or two while it is changed. */
  List<Secret> webhookSecrets() {
    return Stream.of(WEBHOOK_SECRET, WEBHOOK_SECRET_NEXT)
        .flatMap(property -> secrets.find(property).stream())
        .distinct()
        .toList();
  }

  /** Whom mail about the broker goes to. */
  List<String> recipients() {
    return recipients;
  }
}
