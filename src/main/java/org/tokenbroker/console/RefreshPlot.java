package org.tokenbroker.console;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tokenbroker.audit.AgencyActivity.Day;

/**
 * Refreshes and failures of a month, day by day, as a drawing: refreshes are bars up from the
 * middle line, failures bars down from it.
 *
 * @param summary the same in a sentence
 * @param days those on which something happened
 */
record RefreshPlot(String summary, List<Bar> bars, List<Label> days) {

  /** How many days it shows, today among them. */
  static final int DAYS = 30;

  /** In units of the drawing, which is 600 wide and 110 high. */
  private static final int STEP = 20;

  private static final int BAR_WIDTH = 14;
  private static final int LINE = 70;
  private static final int HIGHEST = 60;
  private static final int DEEPEST = 35;
  private static final int LEAST = 4;

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM", Locale.ENGLISH);

  /**
   * A bar.
   *
   * @param kind as the style sheet names it
   * @param words what it says
   */
  record Bar(String kind, int x, int y, int width, int height, String words) {}

  /** A day in words. */
  record Label(String date, int refreshed, int failed) {}

  RefreshPlot {
    bars = List.copyOf(bars);
    days = List.copyOf(days);
  }

  /** The first day that is shown. */
  static LocalDate firstDay(LocalDate today) {
    return today.minusDays(DAYS - 1L);
  }

  static RefreshPlot of(List<Day> happened, LocalDate today) {
    Map<LocalDate, Day> byDate = new HashMap<>();
    int most = 1;
    int refreshed = 0;
    int failed = 0;
    for (Day day : happened) {
      byDate.put(day.date(), day);
      most = Math.max(most, Math.max(day.refreshed(), day.failed()));
      refreshed += day.refreshed();
      failed += day.failed();
    }
    List<Bar> bars = new ArrayList<>();
    List<Label> days = new ArrayList<>();
    for (int i = 0; i < DAYS; i++) {
      Day day = byDate.get(firstDay(today).plusDays(i));
      if (day == null) {
        continue;
      }
      String date = DATE.format(day.date());
      int x = i * STEP + (STEP - BAR_WIDTH) / 2;
      if (day.refreshed() > 0) {
        int height = Math.max(LEAST, day.refreshed() * HIGHEST / most);
        bars.add(
            new Bar(
                "refreshed",
                x,
                LINE - height,
                BAR_WIDTH,
                height,
                date + ": " + counted(day.refreshed(), "refresh", "refreshes")));
      }
      if (day.failed() > 0) {
        bars.add(
            new Bar(
                "failed",
                x,
                LINE + 1,
                BAR_WIDTH,
                Math.max(LEAST, day.failed() * DEEPEST / most),
                date + ": " + counted(day.failed(), "failure", "failures")));
      }
      days.addFirst(new Label(date, day.refreshed(), day.failed()));
    }
    return new RefreshPlot(
        "In the last "
            + DAYS
            + " days: "
            + counted(refreshed, "refresh", "refreshes")
            + ", "
            + counted(failed, "failure", "failures")
            + ".",
        bars,
        days);
  }

  private static String counted(int number, String one, String many) {
    return number == 0 ? "no " + many : number == 1 ? "1 " + one : number + " " + many;
  }
}
