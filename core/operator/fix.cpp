// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/fix.h"

#include <KLocalizedString>

#include <QJsonArray>

namespace cutover::op {

using namespace Qt::StringLiterals;

QString fixId(FixKind kind)
{
    switch (kind) {
    case FixKind::Mode:
        return u"mode"_s;
    case FixKind::Guard:
        return u"guard"_s;
    case FixKind::Program:
        return u"program"_s;
    case FixKind::FilesLimit:
        return u"files-limit"_s;
    case FixKind::Capabilities:
        return u"capabilities"_s;
    case FixKind::CancelMigration:
        return u"cancel-migration"_s;
    case FixKind::ContinueGuest:
        return u"continue-guest"_s;
    }
    return {};
}

QString fixLabel(const Fix& fix)
{
    switch (fix.kind) {
    case FixKind::Mode:
        return i18nc("a migration mode", "Use the Mode “%1”", fix.names.value(0));
    case FixKind::Guard:
        return fix.on ? i18n("Turn Guarded Commit On") : i18n("Turn Guarded Commit Off");
    case FixKind::Program:
        return fix.names.value(0).isEmpty() ? i18n("Use the Source's Program")
                                            : i18nc("a program", "Use %1", fix.names.first());
    case FixKind::FilesLimit:
        return i18nc("a number", "Set the Limit to %1", QString::number(fix.number));
    case FixKind::Capabilities:
        return fix.on ? i18nc("names", "Switch %1 On", fix.names.join(u", "_s))
                      : i18nc("names", "Switch %1 Off", fix.names.join(u", "_s));
    case FixKind::CancelMigration:
        return i18n("Cancel That Migration");
    case FixKind::ContinueGuest:
        return i18n("Continue the Guest");
    }
    return {};
}

QString fixSentence(const Fix& fix)
{
    switch (fix.kind) {
    case FixKind::Mode:
        return fix.names.value(0) == u"normal"
            ? i18n("Everything is copied instead of passed: the move takes longer, and the pause, too. "
                   "Nothing is changed on the source; it can be undone.")
            : i18n("Nothing is changed on the source; it can be undone.");
    case FixKind::Guard:
        return i18n("Concerns this migration only; it can be undone.");
    case FixKind::Program:
        return i18n("The destination is started from this program; it can be undone.");
    case FixKind::FilesLimit:
        return i18n("For this console and the destination that it starts; it can be undone.");
    case FixKind::Capabilities:
        return i18n("Sends migrate-set-capabilities to the source; it can be undone.");
    case FixKind::CancelMigration:
        return i18n("Sends migrate_cancel to the source. The guest stays there; the migration cannot be "
                    "taken up again.");
    case FixKind::ContinueGuest:
        return i18n("Sends cont to the source: the guest runs.");
    }
    return {};
}

std::vector<Command> fixCommands(const Fix& fix)
{
    switch (fix.kind) {
    case FixKind::Capabilities: {
        QJsonArray list;
        for (const QString& name : fix.names)
            list.append(QJsonObject{ { u"capability"_s, name }, { u"state"_s, fix.on } });
        return { { .side = Side::Source,
            .name = u"migrate-set-capabilities"_s,
            .arguments = { { u"capabilities"_s, list } } } };
    }
    case FixKind::CancelMigration:
        return { { .side = Side::Source, .name = u"migrate_cancel"_s, .arguments = {} } };
    case FixKind::ContinueGuest:
        return { { .side = Side::Source, .name = u"cont"_s, .arguments = {} } };
    case FixKind::Mode:
    case FixKind::Guard:
    case FixKind::Program:
    case FixKind::FilesLimit:
        break;
    }
    return {};
}

} // namespace cutover::op
