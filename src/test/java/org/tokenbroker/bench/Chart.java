package org.tokenbroker.bench;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Bars from zero, each as long as its value, with the range of the rounds as a line over its end. A
 * picture on a ground of its own, so that it can be read on light pages and dark ones; whoever
 * cannot see it is told every number in words.
 */
final class Chart {

  private static final int WIDTH = 780;
  private static final int LEFT = 24;
  private static final int TOP = 62;
  private static final int EACH = 46;
  private static final int THICKNESS = 16;

  /** How long the longest can be: the numbers stand behind it. */
  private static final int LENGTH = 520;

  private static final String INK = "#1f2933";
  private static final String GREY = "#8a95a3";
  private static final String BLUE = "#2b6cb0";
  private static final int TICKS = 5;

  /**
   * One bar.
   *
   * @param value what it is as long as
   * @param least of all rounds
   * @param most of all rounds
   * @param baseline whether the others are to be held against it
   */
  record Bar(String label, double value, double least, double most, boolean baseline) {

    String numbers() {
      return least == most
          ? Report.number(value)
          : "%s (%s to %s)"
              .formatted(Report.number(value), Report.number(least), Report.number(most));
    }
  }

  private Chart() {}

  /**
   * Draws.
   *
   * @param axis what is counted, and in which unit
   * @param bars from top to bottom; one at least
   */
  static String svg(String title, String axis, List<Bar> bars) {
    double step = step(bars.stream().mapToDouble(Bar::most).max().orElseThrow());
    double end = step * Math.ceil(bars.stream().mapToDouble(Bar::most).max().orElseThrow() / step);
    double scale = end > 0 ? LENGTH / end : 0;
    int bottom = TOP + EACH * bars.size();
    StringBuilder svg = new StringBuilder();
    line(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title desc\""
            + " viewBox=\"0 0 %d %d\" font-family=\"system-ui, sans-serif\" font-size=\"13\""
            + " fill=\"%s\">",
        WIDTH,
        bottom + 56,
        INK);
    line(svg, "<title id=\"title\">%s</title>", escaped(title));
    line(svg, "<desc id=\"desc\">%s</desc>", escaped(description(axis, bars)));
    line(
        svg,
        "<rect class=\"ground\" width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#ffffff\""
            + " stroke=\"#cbd2d9\"/>");
    line(
        svg,
        "<text x=\"%d\" y=\"34\" font-size=\"17\" font-weight=\"600\">%s</text>",
        LEFT,
        escaped(title));
    for (int i = 0; i * step <= end * 1.0001; i++) {
      double x = LEFT + i * step * scale;
      line(
          svg,
          "<line x1=\"%1$.2f\" y1=\"%2$d\" x2=\"%1$.2f\" y2=\"%3$d\" stroke=\"#e4e7eb\"/>",
          x,
          TOP - 8,
          bottom);
      line(
          svg,
          "<text x=\"%.2f\" y=\"%d\" text-anchor=\"%s\" font-size=\"12\">%s</text>",
          x,
          bottom + 18,
          i == 0 ? "start" : "middle",
          Report.number(i * step));
    }
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, bars.get(i), TOP + EACH * i, scale);
    }
    line(svg, "<text x=\"%d\" y=\"%d\">%s</text>", LEFT, bottom + 42, escaped(axis));
    return svg.append("</svg>\n").toString();
  }

  private static void bar(StringBuilder svg, Bar bar, int y, double scale) {
    double middle = y + 16 + THICKNESS / 2.0;
    line(svg, "<text x=\"%d\" y=\"%d\">%s</text>", LEFT, y + 10, escaped(bar.label()));
    line(
        svg,
        "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>",
        LEFT,
        y + 16,
        bar.value() * scale,
        THICKNESS,
        bar.baseline() ? GREY : BLUE);
    if (bar.least() != bar.most()) {
      line(
          svg,
          "<path class=\"range\" d=\"M%1$.2f %3$.1fV%4$.1fM%1$.2f %5$.1fH%2$.2fM%2$.2f"
              + " %3$.1fV%4$.1f\" fill=\"none\" stroke=\"%6$s\" stroke-width=\"2\"/>",
          LEFT + bar.least() * scale,
          LEFT + bar.most() * scale,
          middle - 5,
          middle + 5,
          middle,
          INK);
    }
    line(
        svg,
        "<text x=\"%.2f\" y=\"%.1f\">%s</text>",
        LEFT + bar.most() * scale + 8,
        middle + 5,
        escaped(bar.numbers()));
  }

  private static String description(String axis, List<Bar> bars) {
    return axis
        + ". "
        + bars.stream()
            .map(bar -> bar.label() + ": " + bar.numbers())
            .collect(Collectors.joining("; "))
        + ".";
  }

  /** A round number of which a few reach the most. */
  private static double step(double most) {
    double rough = most <= 0 ? 1 : most / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    for (double factor : new double[] {1, 2, 5}) {
      if (rough <= factor * power) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  @FormatMethod
  private static void line(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
