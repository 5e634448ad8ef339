package org.tokenbroker.platform;

import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * Says at the start if connections are not answered by Netty's transport for Linux: everything
 * works without it, and each answer costs more.
 */
@Singleton
class NativeTransport {

  private static final Logger LOG = Logger.getLogger(NativeTransport.class);

  private final Vertx vertx;

  NativeTransport(Vertx vertx) {
    this.vertx = vertx;
  }

  void report(@Observes StartupEvent event) {
    if (!vertx.isNativeTransportEnabled()) {
      LOG.info(
          "Connections are answered by Java's own transport, which costs more of the processor:"
              + " Netty's for Linux is not for this system, or could not be loaded. It is unpacked"
              + " in /tmp, from where it must be allowed to run, or found on java.library.path");
    }
  }
}
