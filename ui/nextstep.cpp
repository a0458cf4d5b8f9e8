// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "nextstep.h"

#include "operator/sessionmachine.h"

#include <KLocalizedString>

namespace cutover::ui {

using namespace op::state;

static NextStepInfo busy(const op::SessionState& state, const QString& label)
{
    const auto allowed = op::canCancel(state);
    return { .step = NextStep::Cancel,
        .label = allowed ? i18n("Cancel") : label,
        .enabled = allowed.has_value(),
        .reason = allowed ? i18n("The guest stays on the source.") : allowed.error().message() };
}

NextStepInfo nextStep(const op::SessionState& state, bool keepSource)
{
    if (std::holds_alternative<Idle>(state) || std::holds_alternative<Finished>(state))
        return { .step = NextStep::Connect,
            .label = i18n("Connect…"),
            .reason = i18n("Choose the VMM whose guest is to be moved.") };
    if (const auto* ready = std::get_if<Ready>(&state)) {
        if (ready->refused)
            return { .step = NextStep::Check,
                .label = i18n("Check Again"),
                .reason
                = i18n("The preflight refuses this migration. Follow its remedies, then check again.") };
        return { .step = NextStep::Migrate,
            .label = i18n("Migrate"),
            .reason = i18n("Moves the guest to the destination. Until the commit every failure leaves it on "
                           "the source.") };
    }
    if (std::holds_alternative<Migrated>(state))
        return { .step = NextStep::Finish,
            .label = keepSource ? i18n("Finish: Keep the Source") : i18n("Finish: Quit the Source"),
            .reason = i18n("The guest runs on the destination; the source is no longer needed.") };
    if (std::holds_alternative<Failed>(state))
        return { .step = NextStep::Check,
            .label = i18n("Check Again"),
            .reason = i18n("Looks again whether the guest can be moved.") };
    if (std::holds_alternative<Stranded>(state))
        return { .step = NextStep::Rescue,
            .label = i18n("Rescue…"),
            .reason = i18n("Says what can be done for the guest, each with its proof.") };
    return busy(state,
        std::holds_alternative<Committing>(state)      ? i18n("Committing…")
            : std::holds_alternative<Verifying>(state) ? i18n("Verifying…")
            : std::holds_alternative<Finishing>(state) ? i18n("Finishing…")
            : std::holds_alternative<Aborting>(state)  ? i18n("Undoing…")
                                                       : i18n("Working…"));
}

bool isUnderWay(const op::SessionState& state)
{
    return !(std::holds_alternative<Idle>(state) || std::holds_alternative<Ready>(state)
        || std::holds_alternative<Migrated>(state) || std::holds_alternative<Finished>(state)
        || std::holds_alternative<Failed>(state) || std::holds_alternative<Stranded>(state));
}

} // namespace cutover::ui
