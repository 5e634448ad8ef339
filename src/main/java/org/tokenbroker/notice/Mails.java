package org.tokenbroker.notice;

import io.quarkus.mailer.Mail;
import io.quarkus.mailer.Mailer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Sends mail: plain text, marked as sent by a machine (RFC 3834 §5). */
@Singleton
class Mails {

  private static final Logger LOG = Logger.getLogger(Mails.class);

  private final Mailer mailer;
  private final String host;

  @Inject
  Mails(Mailer mailer, @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.mailer = mailer;
    this.host = publicUrl.getHost();
  }

  /**
   * Sends a mail once. Whoever gets it twice, because its sending was not heard of, sees by its
   * Message-ID (RFC 5322 §3.6.4) that it is the same.
   *
   * @param id the same each time it is sent
   */
  Attempt send(String id, List<String> recipients, NoticeText text) {
    Mail mail =
        new Mail()
            .setTo(List.copyOf(recipients))
            .setSubject(text.subject())
            .setText(text.body())
            .addHeader("Message-ID", "<" + id + "@" + host + ">")
            .addHeader("Auto-Submitted", "auto-generated");
    try {
      mailer.send(mail);
      return new Attempt.Delivered();
    } catch (RuntimeException e) {
      // Only the kind of failure: its message may quote what was sent.
      LOG.debugf("A mail could not be sent: %s", root(e).getClass().getSimpleName());
      return new Attempt.Failed(name(e), null);
    }
  }

  private static String name(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof TimeoutException
          || cause instanceof io.smallrye.mutiny.TimeoutException) {
        return "timeout";
      }
      if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
        return "unreachable";
      }
    }
    return "mail_refused";
  }

  private static Throwable root(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
