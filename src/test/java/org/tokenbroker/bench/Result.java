package org.tokenbroker.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one line of the table.
 *
 * @param what was measured
 * @param target what it should be, in words
 * @param value what it is: a ratio, or a quantity in the unit
 * @param met whether that is what it should be; null where nothing is promised
 * @param figures what the value was made of
 */
record Result(
    String what,
    String target,
    double value,
    String unit,
    @Nullable Boolean met,
    List<Figure> figures) {

  static Result atLeast(double target, String what, double value, String unit, Figure... figures) {
    return new Result(
        what, "≥ " + Report.number(target), value, unit, value >= target, List.of(figures));
  }

  static Result atMost(double target, String what, double value, String unit, Figure... figures) {
    return new Result(
        what, "≤ " + Report.number(target), value, unit, value <= target, List.of(figures));
  }

  static Result of(String what, double value, String unit, Figure... figures) {
    return new Result(what, "", value, unit, null, List.of(figures));
  }
}
