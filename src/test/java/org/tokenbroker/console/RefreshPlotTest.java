package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.audit.AgencyActivity.Day;

@NullMarked
class RefreshPlotTest {

  private static final LocalDate TODAY = LocalDate.of(2026, 11, 24);

  @Test
  void aMonthIsDrawnFromLeftToRight() {
    RefreshPlot plot =
        RefreshPlot.of(
            List.of(
                new Day(RefreshPlot.firstDay(TODAY), 1, 0),
                new Day(TODAY.minusDays(1), 0, 2),
                new Day(TODAY, 4, 1)),
            TODAY);

    assertEquals("In the last 30 days: 5 refreshes, 3 failures.", plot.summary());
    assertEquals(
        List.of(
            "26 October: 1 refresh",
            "23 November: 2 failures",
            "24 November: 4 refreshes",
            "24 November: 1 failure"),
        plot.bars().stream().map(RefreshPlot.Bar::words).toList());
    assertEquals(
        List.of("24 November", "23 November", "26 October"),
        plot.days().stream().map(RefreshPlot.Label::date).toList());
    for (RefreshPlot.Bar bar : plot.bars()) {
      assertTrue(bar.x() >= 0 && bar.x() + bar.width() <= 600, bar.toString());
      assertTrue(bar.y() >= 0 && bar.y() + bar.height() <= 110, bar.toString());
    }
  }

  @Test
  void manyOfADayStayInTheDrawing() {
    RefreshPlot plot = RefreshPlot.of(List.of(new Day(TODAY, 5000, 5000)), TODAY);

    assertEquals(List.of(60, 35), plot.bars().stream().map(RefreshPlot.Bar::height).toList());
  }

  @Test
  void nothingIsSaidToo() {
    RefreshPlot plot = RefreshPlot.of(List.of(), TODAY);

    assertEquals("In the last 30 days: no refreshes, no failures.", plot.summary());
    assertTrue(plot.bars().isEmpty());
  }
}
