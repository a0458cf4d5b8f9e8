// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/recentsessions.h"

#include "start/requestjson.h"

#include "operator/sessionrecord.h"

#include <KConfigGroup>
#include <KFormat>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QFileInfo>
#include <QJsonDocument>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(u"RecentSessions"_s);
}

static QString entryName(int number)
{
    return u"Session%1"_s.arg(number, 2, 10, QChar(u'0'));
}

static bool isSame(const op::SessionRequest& a, const op::SessionRequest& b)
{
    return a.source == b.source && a.destination == b.destination;
}

/// Of a state that ends a session or waits for the operator; empty for one that passes.
static QString endOf(const op::SessionState& state)
{
    using namespace op::state;
    const bool stays = std::holds_alternative<Ready>(state) || std::holds_alternative<Migrated>(state)
        || std::holds_alternative<Finished>(state) || std::holds_alternative<Failed>(state)
        || std::holds_alternative<Stranded>(state);
    if (!stays)
        return {};
    const auto* ready = std::get_if<Ready>(&state);
    return ready && ready->refused ? u"refused"_s : op::stateId(state);
}

static QString endText(const QString& ended)
{
    if (ended == u"ready")
        return i18n("checked only");
    if (ended == u"refused")
        return i18n("refused by the checks");
    if (ended == u"migrated")
        return i18n("migrated, source kept");
    if (ended == u"finished")
        return i18n("migrated");
    if (ended == u"failed")
        return i18n("failed; nothing was moved");
    if (ended == u"stranded")
        return i18n("needed you");
    return i18n("not ended by this window");
}

QString destinationText(const op::DestinationSpec& destination)
{
    switch (destination.kind) {
    case op::DestinationSpec::Kind::Derive:
        return destination.binary.isEmpty() ? i18n("same program, derived")
                                            : i18n("%1, derived", QFileInfo(destination.binary).fileName());
    case op::DestinationSpec::Kind::Command:
        return i18n("%1, own command line", QFileInfo(destination.argv.value(0)).fileName());
    case op::DestinationSpec::Kind::Attach:
        return i18n("started by you at %1", destination.qmpPath);
    }
    return {};
}

RecentSessions::RecentSessions(QObject* parent)
    : QAbstractTableModel(parent)
{
    load();
}

void RecentSessions::load()
{
    const KConfigGroup group = settings();
    for (int number = 0; number < limit; ++number) {
        const QByteArray text = group.readEntry(entryName(number), QByteArray());
        const QJsonObject object = QJsonDocument::fromJson(text).object();
        const auto request = requestFromJson(object);
        if (!request)
            continue;
        m_sessions.append({ .request = *request,
            .guest = object[u"guest"].toString(),
            .when = QDateTime::fromString(object[u"when"].toString(), Qt::ISODate),
            .ended = object[u"ended"].toString() });
    }
}

void RecentSessions::save() const
{
    KConfigGroup group = settings();
    group.deleteGroup();
    for (int number = 0; number < m_sessions.size(); ++number) {
        const RecentSession& session = m_sessions[number];
        QJsonObject object = op::toRecord(session.request);
        object.insert(u"guest"_s, session.guest);
        object.insert(u"when"_s, session.when.toString(Qt::ISODate));
        object.insert(u"ended"_s, session.ended);
        group.writeEntry(entryName(number), QJsonDocument(object).toJson(QJsonDocument::Compact));
    }
    group.sync();
}

void RecentSessions::begin(const op::SessionRequest& request, const QDateTime& now)
{
    beginResetModel();
    m_sessions.removeIf([&](const RecentSession& old) { return isSame(old.request, request); });
    m_sessions.prepend({ .request = request, .guest = {}, .when = now, .ended = {} });
    if (m_sessions.size() > limit)
        m_sessions.resize(limit);
    m_isCurrent = true;
    endResetModel();
    save();
}

void RecentSessions::update(const op::EndpointStatus& source, const op::SessionState& state)
{
    if (!m_isCurrent || m_sessions.isEmpty())
        return;
    RecentSession& session = m_sessions.first();
    const QString ended = endOf(state);
    const bool news = (!source.name.isEmpty() && source.name != session.guest)
        || (!ended.isEmpty() && ended != session.ended);
    if (!news)
        return;
    if (!source.name.isEmpty())
        session.guest = source.name;
    // A pid names another process tomorrow; its socket is likely the same.
    if (session.request.source.pid > 0 && !source.qmpPath.isEmpty())
        session.request.source = { .qmpPath = source.qmpPath, .pid = 0 };
    if (!ended.isEmpty())
        session.ended = ended;
    Q_EMIT dataChanged(index(0, 0), index(0, ColumnCount - 1));
    save();
}

void RecentSessions::clear()
{
    beginResetModel();
    m_sessions.clear();
    m_isCurrent = false;
    endResetModel();
    save();
}

int RecentSessions::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_sessions.size());
}

int RecentSessions::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RecentSessions::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const RecentSession& session = m_sessions[index.row()];
    const op::SourceSpec& source = session.request.source;
    const QString address = source.pid > 0 ? i18n("process %1", QString::number(source.pid)) : source.qmpPath;
    if (role == Qt::ToolTipRole)
        return i18nc("socket, destination, mode, time", "%1\nto %2\n%3, %4", address,
            destinationText(session.request.destination), session.request.mode,
            QLocale().toString(session.when, QLocale::LongFormat));
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case WhatColumn:
        return session.guest.isEmpty() ? address : session.guest;
    case HowColumn:
        return destinationText(session.request.destination);
    case WhenColumn:
        return KFormat().formatRelativeDateTime(session.when, QLocale::ShortFormat);
    case EndColumn:
        return endText(session.ended);
    default:
        return {};
    }
}

QVariant RecentSessions::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case WhatColumn:
        return i18n("Guest");
    case HowColumn:
        return i18n("Destination");
    case WhenColumn:
        return i18n("When");
    case EndColumn:
        return i18n("How it ended");
    default:
        return {};
    }
}

} // namespace cutover::ui
