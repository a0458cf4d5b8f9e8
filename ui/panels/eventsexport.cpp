// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "actions.h"
#include "panels/eventspanel.h"

#include "timeline/export.h"

#include <KLocalizedString>

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QPointer>
#include <QSaveFile>
#include <QTableView>
#include <QThreadPool>

/// How events leave the table: the clipboard and CSV files.
namespace cutover::ui {

void EventsPanel::makeActions()
{
    const auto add = [this](const char* id, const QString& text, const char* icon, const QKeySequence& keys,
                         const QString& tip, auto act) {
        auto* action = new QAction(QIcon::fromTheme(QString::fromLatin1(icon)), text, this);
        action->setObjectName(QString::fromLatin1(id));
        action->setShortcut(keys);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, act);
        m_actions.append(action);
    };
    add("events_copy", i18n("Copy the Selected Events"), "edit-copy",
        Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_C, i18n("As text, as the table shows them"),
        [this] { copy(); });
    add("events_export", i18n("Export the Shown Events…"), "document-export", Qt::CTRL | Qt::ALT | Qt::Key_E,
        i18n("All events that the filter of the table lets through, as CSV"),
        [this] { askWhereToExport(Rows::Shown); });
    add("events_export_selected", i18n("Export the Selected Events…"), "",
        Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_E, i18n("The selected rows of the table, as CSV"),
        [this] { askWhereToExport(Rows::Selected); });
    const auto update = [this] {
        const bool any = m_view->selectionModel()->hasSelection();
        const auto need = [](bool met, const QString& attempt, const QString& why) {
            return met ? Result<void>() : failure(ErrorCode::Refused, attempt, {}, why);
        };
        allow(m_actions[0], need(any, i18n("copy events"), i18n("no event is selected in the table")),
            i18n("As text, as the table shows them"));
        allow(m_actions[1],
            need(m_model.rowCount() > 0, i18n("export events"), i18n("the table shows no events")),
            i18n("All events that the filter of the table lets through, as CSV"));
        allow(m_actions[2], need(any, i18n("export events"), i18n("no event is selected in the table")),
            i18n("The selected rows of the table, as CSV"));
    };
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, update);
    connect(&m_model, &EventModel::progressed, this, update);
    connect(&m_model, &QAbstractItemModel::modelReset, this, update);
    update();
    m_view->addActions(m_actions);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
}

void EventsPanel::addActions(Actions& actions)
{
    for (QAction* action : std::as_const(m_actions))
        actions.add(i18n("Events"), action);
}

bool EventsPanel::eventFilter(QObject* watched, QEvent* event)
{
    // The view itself would copy one cell.
    if (watched == m_view && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        copy();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

std::vector<std::size_t> EventsPanel::eventsOf(Rows rows) const
{
    std::vector<std::size_t> events;
    if (rows == Rows::Shown) {
        for (int row = 0; row < m_model.rowCount(); ++row)
            events.push_back(m_model.eventAt(row));
        return events;
    }
    std::vector<int> selected;
    for (const QItemSelectionRange& range : m_view->selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            selected.push_back(row);
    }
    std::ranges::sort(selected);
    const auto doubles = std::ranges::unique(selected);
    selected.erase(doubles.begin(), doubles.end());
    for (const int row : selected)
        events.push_back(m_model.eventAt(row));
    return events;
}

QString EventsPanel::selectedText() const
{
    QStringList lines;
    const auto line = [](auto cell) {
        QStringList cells;
        for (int column = 0; column < EventModel::ColumnCount; ++column)
            cells.append(cell(column));
        return cells.join(u'\t');
    };
    lines.append(line([this](int column) {
        return m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    }));
    for (const std::size_t event : eventsOf(Rows::Selected)) {
        const int row = m_model.rowOf(event);
        lines.append(line([this, row](int column) {
            return m_model.data(m_model.index(row, column), Qt::DisplayRole).toString().replace(u'\n', u' ');
        }));
    }
    return lines.join(u'\n') + u'\n';
}

void EventsPanel::copy()
{
    if (m_view->selectionModel()->hasSelection())
        QGuiApplication::clipboard()->setText(selectedText());
}

void EventsPanel::askWhereToExport(Rows rows)
{
    auto* dialog = new QFileDialog(this, i18n("Export Events"), {}, i18n("Comma-separated values (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(QStringLiteral("events.csv"));
    connect(dialog, &QFileDialog::fileSelected, this,
        [this, rows](const QString& path) { exportTo(path, rows); });
    dialog->open();
}

static Result<void> writeCsv(const QString& path, const std::vector<timeline::Event>& events)
{
    QSaveFile file(path);
    const auto failed
        = [&] { return failure(ErrorCode::System, i18n("write the events to"), path, file.errorString()); };
    if (!file.open(QIODevice::WriteOnly) || file.write(timeline::toCsv(events)) < 0 || !file.commit())
        return failed();
    return {};
}

void EventsPanel::exportTo(const QString& path, Rows rows)
{
    // Copies share their contents; the record may go on growing.
    std::vector<timeline::Event> events;
    for (const std::size_t event : eventsOf(rows))
        events.push_back(m_model.record().events()[event]);
    QThreadPool::globalInstance()->start([self = QPointer(this), path, events = std::move(events)] {
        const Result<void> result = writeCsv(path, events);
        QMetaObject::invokeMethod(
            qApp,
            [self, path, result] {
                if (!self)
                    return;
                if (result)
                    Q_EMIT self->exported(path);
                else
                    Q_EMIT self->failed(result.error());
            },
            Qt::QueuedConnection);
    });
}

} // namespace cutover::ui
