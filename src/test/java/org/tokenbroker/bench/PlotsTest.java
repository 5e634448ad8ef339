package org.tokenbroker.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The pictures say what the results say. */
class PlotsTest {

  @TempDir Path directory;

  private Document drawn(String scenario, Result... results) throws Exception {
    Report.write(directory.resolve(scenario + ".json"), Map.of(), List.of(results));
    Plots.draw(directory, directory);
    return parsed(Files.readString(directory.resolve(scenario + ".svg")));
  }

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static Stream<Element> elements(Document document, String name) {
    NodeList all = document.getElementsByTagName(name);
    return IntStream.range(0, all.getLength()).mapToObj(i -> (Element) all.item(i));
  }

  private static List<Double> lengths(Document document) {
    return elements(document, "rect")
        .filter(each -> each.getAttribute("class").equals("bar"))
        .map(each -> Double.valueOf(each.getAttribute("width")))
        .toList();
  }

  private static String words(Document document) {
    return String.join("\n", elements(document, "text").map(Element::getTextContent).toList());
  }

  private static Figure figure(String name, double... values) {
    return new Figure(name, "a second", java.util.Arrays.stream(values).boxed().toList());
  }

  @Test
  void barsAreAsLongAsTheirMediansAndStartAtZero() throws Exception {
    Document plot =
        drawn(
            "reads",
            Result.of(
                "throughput",
                0.5,
                "×",
                figure("by <key> & more", 1_000, 3_000, 2_000),
                figure(Reads.CONSTANT, 4_000, 4_000, 4_000),
                new Figure("ratio", "", List.of(0.5))));

    List<Double> lengths = lengths(plot);
    assertEquals(2, lengths.size(), "the ratio is no bar");
    assertEquals(2.0, lengths.getFirst() / lengths.getLast(), 0.001, "the baseline comes first");
    List<Element> range =
        elements(plot, "path").filter(e -> e.getAttribute("class").equals("range")).toList();
    assertEquals(1, range.size(), "of the constant all rounds were the same");
    double scale = lengths.getFirst() / 4_000;
    double zero =
        elements(plot, "rect")
            .filter(e -> e.getAttribute("class").equals("bar"))
            .mapToDouble(e -> Double.parseDouble(e.getAttribute("x")))
            .findFirst()
            .orElseThrow();
    String drawn = range.getFirst().getAttribute("d");
    assertTrue(drawn.startsWith(String.format(Locale.ROOT, "M%.2f ", zero + 1_000 * scale)), drawn);
    assertTrue(drawn.contains(String.format(Locale.ROOT, "H%.2f", zero + 3_000 * scale)), drawn);
  }

  @Test
  void whoeverCannotSeeItIsToldTheSame() throws Exception {
    Document plot =
        drawn("reads", Result.of("throughput", 1, "×", figure("by <key> & more", 10, 30, 20)));

    Element svg = plot.getDocumentElement();
    assertEquals("img", svg.getAttribute("role"));
    assertEquals("title desc", svg.getAttribute("aria-labelledby"));
    assertEquals(
        "Reads of tokens that memory holds",
        elements(plot, "title").findFirst().orElseThrow().getTextContent());
    String description = elements(plot, "desc").findFirst().orElseThrow().getTextContent();
    assertTrue(description.contains("by <key> & more: 20 (10 to 30)"), description);
    assertTrue(words(plot).contains("20 (10 to 30)"), words(plot));
    assertTrue(words(plot).contains("answers a second"), "the axis has its unit");
  }

  @Test
  void theNumbersAtTheAxisStandWhereBarsOfThatValueEnd() throws Exception {
    Document plot = drawn("reads", Result.of("throughput", 1, "×", figure("by key", 50_000)));

    double end = lengths(plot).getFirst();
    Element last =
        elements(plot, "text")
            .filter(e -> e.getTextContent().equals("50,000"))
            .filter(e -> e.getAttribute("text-anchor").equals("middle"))
            .findFirst()
            .orElseThrow();
    assertEquals(24 + end, Double.parseDouble(last.getAttribute("x")), 0.01);
  }

  @Test
  void whatIsShownInTheDocumentWasDrawnFromTheResultsThatAreKept() throws Exception {
    Plots.draw(Path.of("bench", "results"), directory);

    try (Stream<Path> files = Files.list(directory)) {
      List<Path> drawn = files.toList();
      assertTrue(drawn.size() >= 7, drawn.toString());
      String document = Files.readString(Path.of("docs", "performance.md"));
      for (Path file : drawn) {
        Path kept = Path.of("docs", "plots").resolve(file.getFileName());
        assertEquals(Files.readString(file), Files.readString(kept), "run: bench/run plots");
        parsed(Files.readString(file));
        assertTrue(document.contains("(plots/" + file.getFileName() + ")"), file.toString());
      }
    }
  }
}
