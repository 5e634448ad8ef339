package org.tokenbroker.bench;

import java.util.Arrays;
import java.util.List;

/**
 * What was measured several times.
 *
 * @param unit of the values
 * @param values in the order in which they were measured
 */
record Figure(String name, String unit, List<Double> values) {

  double median() {
    double[] sorted = sorted();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double least() {
    return sorted()[0];
  }

  double most() {
    return sorted()[values.size() - 1];
  }

  private double[] sorted() {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }
}
