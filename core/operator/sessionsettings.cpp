// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/sessionprivate.h"
#include "operator/vmmsettings.h"

#include <KLocalizedString>

#include <memory>

/// What both VMMs are set to goes into the record before anything moves.
namespace cutover::op {

using namespace Qt::StringLiterals;

void Session::Private::noteSettings(Side side)
{
    Endpoint* vmm = endpointOf(side);
    bool& isNoted = settingsNoted[side == Side::Source ? 0 : 1];
    if (isNoted || !vmm || !vmm->isConnected())
        return;
    isNoted = true;
    struct Asked
    {
        SettingsAnswers answers;
        int pending = 0;
    };
    const auto asked = std::make_shared<Asked>();
    const auto ask = [&](const QString& command, auto take) {
        ++asked->pending;
        vmm->call(command, {}, [this, side, asked, take](const Result<QJsonValue>& answer) {
            if (answer)
                take(asked->answers, *answer);
            if (--asked->pending > 0)
                return;
            QJsonObject parameters = plan.parameters;
            // The destination is not told the mode: the source's decides.
            if (side == Side::Source && plan.mode != u"normal")
                parameters.insert("mode"_L1, plan.mode);
            QJsonObject capabilities = plan.capabilities;
            for (const QString& needed : { u"events"_s, u"return-path"_s, u"late-block-activate"_s })
                capabilities.insert(needed, true);
            VmmSettings settings = settingsOf(asked->answers, parameters, capabilities);
            if (!settings.empty())
                record.append({ .side = side,
                    .timeNs = realtimeNs(),
                    .category = timeline::Category::Action,
                    .name = u"settings"_s,
                    .attributes = toRecord(settings) });
        });
    };
    ask(u"query-migrate-parameters"_s,
        [](SettingsAnswers& to, const QJsonValue& answer) { to.parameters = answer.toObject(); });
    ask(u"query-migrate-capabilities"_s,
        [](SettingsAnswers& to, const QJsonValue& answer) { to.capabilities = answer.toArray(); });
    if (sourceFacts.schema && sourceFacts.schema->hasCommand(u"x-query-migrate-provenance"_s))
        ask(u"x-query-migrate-provenance"_s,
            [](SettingsAnswers& to, const QJsonValue& answer) { to.provenance = answer.toObject(); });
}

} // namespace cutover::op
