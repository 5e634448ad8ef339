package org.tokenbroker.review;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class AuditExportTest {

  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\tx"})
  void aFormulaIsMadeText(String text) {
    assertEquals("'" + text, AuditExport.cell(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "plain       | plain",
        "a=b         | a=b",
        "a,b         | \"a,b\"",
        "say \"hi\"  | \"say \"\"hi\"\"\"",
        "=\"x\"      | \"'=\"\"x\"\"\"",
      })
  void aCellIsQuotedWhereItMustBe(String text, String cell) {
    assertEquals(cell, AuditExport.cell(text));
  }
}
