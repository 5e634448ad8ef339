package org.tokenbroker.caller;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * Refuses what the admin's role does not allow. Behind the check of the parameters, because the
 * contract has 400 before 403.
 */
@Interceptor
@RequiresRole(Role.ADMIN)
@Priority(RoleCheck.BEHIND_VALIDATION)
public class RoleCheck {

  static final int BEHIND_VALIDATION = Interceptor.Priority.PLATFORM_AFTER + 900;

  private final CurrentVertxRequest request;
  private final AuditLog audit;

  RoleCheck(CurrentVertxRequest request, AuditLog audit) {
    this.request = request;
    this.audit = audit;
  }

  @AroundInvoke
  @Nullable Object check(InvocationContext call) throws Exception {
    require(call.getInterceptorBinding(RequiresRole.class), Admin.of(request.getCurrent()), audit);
    return call.proceed();
  }

  /**
   * Refuses an admin whose role does not do. For whoever must know before the parameters are read,
   * besides the interceptor.
   *
   * @param needed what the address asks for; null: nobody may
   * @throws org.tokenbroker.problem.ProblemException 403, which is noted in the audit trail
   */
  public static void require(@Nullable RequiresRole needed, Admin admin, AuditLog audit) {
    if (needed == null || !admin.role().includes(needed.value())) {
      audit.forbidden(Actor.admin(admin.name()), null);
      throw Problem.of(
              ProblemType.FORBIDDEN,
              "Your role here is "
                  + admin.role().word()
                  + (needed == null ? "." : "; this needs " + needed.value().word() + "."))
          .toException();
    }
  }
}
