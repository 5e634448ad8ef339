package org.tokenbroker.review;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.audit.AuditTrail;
import org.tokenbroker.audit.AuditTrail.Row;

/**
 * Writes any number of rows, line by line. They are read a page at a time, so that neither memory
 * nor a transaction has to hold them; rows that are added meanwhile are newer and not among them.
 */
@Singleton
public class AuditExport {

  /** The media types that it writes. */
  static final String CSV = "text/csv";

  static final String JSON_LINES = "application/jsonl";

  private static final int PAGE = AuditParameters.LARGEST_LIMIT;

  private static final String CSV_HEAD =
      "id,time,event,actor_kind,actor_name,agency,caller,request_id,details\r\n";

  /** What a spreadsheet takes for the beginning of a formula. */
  private static final Pattern FORMULA = Pattern.compile("^[=+\\-@\\t\\r]");

  private static final Pattern TO_QUOTE = Pattern.compile("[\",\\r\\n]");

  private final AuditTrail trail;
  private final ObjectWriter json;

  AuditExport(AuditTrail trail, ObjectMapper json) {
    this.trail = trail;
    this.json = json.writer();
  }

  /** A file in CSV (RFC 4180), with a head. */
  public Response csv(AuditQuery query) {
    return file(output(query, CSV_HEAD, AuditExport::csvLine), MediaType.valueOf(CSV), "audit.csv");
  }

  /** A file with one JSON object a line. */
  public Response jsonLines(AuditQuery query) {
    return jsonLines(query, MediaType.valueOf(JSON_LINES));
  }

  /** The same, under one of its names. */
  Response jsonLines(AuditQuery query, MediaType type) {
    return file(
        output(
            query,
            "",
            row -> {
              try {
                return json.writeValueAsString(AuditResource.Item.of(row)) + '\n';
              } catch (IOException e) {
                throw new IllegalStateException("an item holds texts and numbers", e);
              }
            }),
        type,
        "audit.jsonl");
  }

  private static Response file(StreamingOutput lines, MediaType type, String name) {
    return Response.ok(lines, type.withCharset("UTF-8"))
        .header("Cache-Control", "no-store")
        .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + name + '"')
        .build();
  }

  private StreamingOutput output(AuditQuery query, String head, Function<Row, String> line) {
    // Read before the answer begins, so that a failure can still be said as a problem.
    List<Row> first = page(query, 0);
    return stream -> {
      OutputStream out = new BufferedOutputStream(stream, 1 << 16);
      out.write(head.getBytes(StandardCharsets.UTF_8));
      List<Row> rows = first;
      long written = 0;
      while (true) {
        for (Row row : rows) {
          out.write(line.apply(row).getBytes(StandardCharsets.UTF_8));
        }
        written += rows.size();
        if (rows.size() < PAGE || (query.limit() != null && written >= query.limit())) {
          break;
        }
        rows = page(query.after(rows.getLast().position()), written);
      }
      out.flush();
    };
  }

  private List<Row> page(AuditQuery query, long written) {
    return trail.read(
        query, query.limit() == null ? PAGE : (int) Math.min(PAGE, query.limit() - written));
  }

  private static String csvLine(Row row) {
    return Stream.of(
                row.position().toString(),
                row.position().time().toString(),
                row.event(),
                row.actorKind(),
                row.actorName(),
                row.agency(),
                row.caller(),
                row.requestId(),
                row.details())
            .map(AuditExport::cell)
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  /** A cell that no spreadsheet calculates. */
  static String cell(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String harmless = FORMULA.matcher(text).find() ? "'" + text : text;
    return TO_QUOTE.matcher(harmless).find()
        ? '"' + harmless.replace("\"", "\"\"") + '"'
        : harmless;
  }
}
