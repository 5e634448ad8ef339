package org.tokenbroker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * Records, with the JVM's flight recorder, each time a thread waits for something, from its
 * beginning to its {@linkplain #close end}: however short it is, so that no machine is too fast or
 * too slow for what it finds.
 *
 * <p>A lock that nobody else holds is not waited for, and so is not seen.
 */
public final class EventLoopWatch implements AutoCloseable {

  private static final List<String> WAITS =
      List.of(
          "jdk.ThreadPark",
          "jdk.ThreadSleep",
          "jdk.JavaMonitorWait",
          "jdk.JavaMonitorEnter",
          "jdk.SocketRead",
          "jdk.SocketWrite",
          "jdk.FileRead",
          "jdk.FileWrite",
          "jdk.FileForce");

  private static final String OURS = "org.tokenbroker.";

  /** How the framework talks to clients: over channels that never wait. */
  private static final String CHANNEL = "io.netty.channel.socket.nio.NioSocketChannel";

  private static final int FRAMES_SHOWN = 12;

  private final Recording recording = new Recording();

  private EventLoopWatch() {
    for (String wait : WAITS) {
      recording.enable(wait).withThreshold(Duration.ZERO).withStackTrace();
    }
  }

  /** Watches from now on. */
  public static EventLoopWatch start() {
    EventLoopWatch watch = new EventLoopWatch();
    watch.recording.start();
    return watch;
  }

  /**
   * Where code of ours has waited until now on one of these threads, each with the way to it.
   *
   * @param threads by their ids
   */
  public List<String> waits(Set<Long> threads) {
    try {
      Path file = Files.createTempFile("watch", ".jfr");
      try {
        recording.stop();
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
            .filter(event -> isOnOneOf(threads, event) && isOfOurs(event.getStackTrace()))
            .map(EventLoopWatch::describe)
            .distinct()
            .toList();
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOnOneOf(Set<Long> threads, RecordedEvent event) {
    RecordedThread thread = event.getThread();
    return thread != null && threads.contains(thread.getJavaThreadId());
  }

  /** Where too much of the way is cut off to tell, it is taken for ours. */
  private static boolean isOfOurs(@Nullable RecordedStackTrace stack) {
    if (stack == null) {
      return false;
    }
    List<String> classes =
        stack.getFrames().stream().map(frame -> frame.getMethod().getType().getName()).toList();
    return (stack.isTruncated() || classes.stream().anyMatch(name -> name.startsWith(OURS)))
        && !classes.contains(CHANNEL);
  }

  private static String describe(RecordedEvent event) {
    return event.getEventType().getName().substring("jdk.".length())
        + event.getStackTrace().getFrames().stream()
            .limit(FRAMES_SHOWN)
            .map(EventLoopWatch::describe)
            .collect(Collectors.joining());
  }

  private static String describe(RecordedFrame frame) {
    return "%n    at %s.%s:%d"
        .formatted(
            frame.getMethod().getType().getName(),
            frame.getMethod().getName(),
            frame.getLineNumber());
  }

  @Override
  public void close() {
    recording.close();
  }
}
