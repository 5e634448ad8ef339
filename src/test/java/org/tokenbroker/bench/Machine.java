package org.tokenbroker.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What it was measured on. */
final class Machine {

  private Machine() {}

  static Map<String, String> describe() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("processor", line(Path.of("/proc/cpuinfo"), "model name"));
    machine.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    machine.put("memory", line(Path.of("/proc/meminfo"), "MemTotal"));
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put(
        "java", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version"));
    return machine;
  }

  private static String line(Path file, String name) {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The processor's time that a process has had, in microseconds; told in steps of 10 ms. */
  static double processorMicros(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(time -> time.toNanos() / 1e3)
        .orElseThrow();
  }

  /** A process's resident memory in megabytes. */
  static double residentMegabytes(long pid) {
    String kilobytes = line(Path.of("/proc/" + pid + "/status"), "VmRSS");
    return Double.parseDouble(kilobytes.substring(0, kilobytes.indexOf(' '))) / 1024;
  }
}
