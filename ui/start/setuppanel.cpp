// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/setuppanel.h"

#include "actions.h"
#include "nextstep.h"
#include "panels/tablepanel.h"
#include "sessionmodel.h"
#include "start/commandreview.h"
#include "start/destinationchooser.h"
#include "start/modechooser.h"
#include "start/parametersdelegate.h"

#include "operator/sessionrecord.h"

#include <KLocalizedString>

#include <QAction>
#include <QDockWidget>
#include <QFocusEvent>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QScrollArea>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

enum Tab : std::uint8_t { CommandTab, HowTab, ParametersTab };

SetupPanel::SetupPanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_tabs(new QTabWidget(this))
    , m_review(new CommandReview(m_tabs))
{
    // A small screen has room for it beside everything else; what does not fit is squeezed.
    setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    m_tabs->setObjectName(u"setupTabs"_s);
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(i18n("Setup of the migration"));
    m_tabs->addTab(m_review, i18n("Command Line"));
    m_tabs->addTab(makeHow(), i18n("Destination and Mode"));
    m_tabs->addTab(makeParameters(), i18n("Parameters"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(makeBar());

    connect(m_session, &SessionModel::stateChanged, this, &SetupPanel::refresh);
    connect(m_session, &SessionModel::checksChanged, this, &SetupPanel::refreshCommand);
    connect(m_review, &CommandReview::edited, this, [this](const QStringList& base) {
        op::SessionRequest request = m_session->request();
        if (request.destination.kind == op::DestinationSpec::Kind::Derive)
            m_unedited = request.destination;
        request.destination = { .kind = op::DestinationSpec::Kind::Command,
            .binary = {},
            .argv = base,
            .qmpPath = {},
            .cprPath = {},
            .mainPath = {} };
        m_editedArgv = base;
        Q_EMIT checkRequested(request);
    });
    connect(m_review, &CommandReview::resetRequested, this, [this] {
        op::SessionRequest request = m_session->request();
        request.destination = m_unedited.value_or(op::DestinationSpec());
        Q_EMIT checkRequested(request);
    });
    refreshCommand();
}

QWidget* SetupPanel::makeHow()
{
    auto* area = new QScrollArea(m_tabs);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    m_how = new QWidget(area);
    m_destination = new DestinationChooser(&m_versions, m_how);
    m_mode = new ModeChooser(m_how);
    auto* columns = new QHBoxLayout(m_how);
    columns->setContentsMargins(0, 6, 6, 0);
    columns->addWidget(m_destination, 3);
    columns->addSpacing(fontMetrics().averageCharWidth() * 2);
    columns->addWidget(m_mode, 2, Qt::AlignTop);
    area->setWidget(m_how);
    const auto changed = [this] {
        const op::SessionRequest now = chosen();
        m_destination->setMode(now.mode, now.guarded);
        m_mode->setAttached(now.destination.kind == op::DestinationSpec::Kind::Attach);
        m_pending = !m_settingUp && op::toRecord(chosen()) != op::toRecord(m_session->request());
        updateBar();
    };
    connect(m_destination, &DestinationChooser::changed, this, changed);
    connect(m_mode, &ModeChooser::changed, this, changed);
    return area;
}

QWidget* SetupPanel::makeParameters()
{
    auto* page = new QWidget(m_tabs);
    m_parameterTable = new TablePanel(i18n("Migration parameters"),
        i18n("The parameters of a source appear here once it is connected."), &m_parameters, page);
    QTreeView* view = m_parameterTable->view();
    view->setObjectName(u"parameterTable"_s);
    view->setItemDelegateForColumn(ParametersModel::ValueColumn, new ParametersDelegate(view));
    view->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::SelectedClicked
        | QAbstractItemView::EditKeyPressed | QAbstractItemView::AnyKeyPressed);
    m_parameterTable->setColumnWidths({ 30, 24, 24, 40 });
    m_resetParameter = new QPushButton(QIcon::fromTheme(u"edit-undo"_s), i18n("&As in the Source"), page);
    m_resetParameter->setObjectName(u"parameterReset"_s);
    m_resetParameter->setToolTip(i18n("Leaves the selected parameter as the source has it"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_resetParameter);
    row->addStretch(1);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->addWidget(m_parameterTable, 1);
    layout->addLayout(row);
    const auto updateReset = [this, view] {
        const QModelIndex current = view->currentIndex();
        m_resetParameter->setEnabled(
            current.isValid() && m_parameters.chosen().contains(m_parameters.row(current.row()).name));
    };
    connect(view->selectionModel(), &QItemSelectionModel::currentChanged, this, updateReset);
    connect(&m_parameters, &ParametersModel::dataChanged, this, updateReset);
    connect(&m_parameters, &ParametersModel::modelReset, this, updateReset);
    connect(m_resetParameter, &QPushButton::clicked, this,
        [this, view] { m_parameters.reset(view->currentIndex().row()); });
    connect(&m_parameters, &ParametersModel::edited, this, [this] {
        m_pending = op::toRecord(chosen()) != op::toRecord(m_session->request());
        updateBar();
    });
    updateReset();
    return page;
}

QWidget* SetupPanel::makeBar()
{
    m_bar = new QWidget(this);
    m_note = new QLabel(m_bar);
    m_note->setObjectName(u"setupNote"_s);
    m_note->setAccessibleName(i18n("State of the setup"));
    m_note->setWordWrap(true);
    m_apply = new QPushButton(QIcon::fromTheme(u"dialog-ok-apply"_s), i18n("&Check with This"), m_bar);
    m_apply->setObjectName(u"setupApply"_s);
    m_takeBack = new QPushButton(QIcon::fromTheme(u"edit-undo"_s), i18n("&Take Back"), m_bar);
    m_takeBack->setObjectName(u"setupTakeBack"_s);
    m_takeBack->setToolTip(i18n("Shows again what was checked"));
    auto* row = new QHBoxLayout(m_bar);
    row->setContentsMargins({});
    row->addWidget(m_note, 1);
    row->addWidget(m_apply);
    row->addWidget(m_takeBack);
    connect(m_apply, &QPushButton::clicked, this, &SetupPanel::apply);
    connect(m_takeBack, &QPushButton::clicked, this, &SetupPanel::takeBack);
    return m_bar;
}

void SetupPanel::focusInEvent(QFocusEvent* event)
{
    m_tabs->setFocus(event->reason());
}

void SetupPanel::addActions(Actions& actions)
{
    const QString group = i18n("Session");
    const auto add = [&](const QString& id, const QString& text, const QString& icon, int tab,
                         const QKeySequence& keys, const QString& tip) {
        QAction* action = actions.add(group, id, text, icon, keys, this);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, [this, tab] { goTo(tab); });
    };
    add(u"setup_command"_s, i18n("Review the Command Line"), u"document-edit"_s, CommandTab,
        Qt::CTRL | Qt::ALT | Qt::Key_O, i18n("What the destination is started with, and what was changed"));
    add(u"setup_how"_s, i18n("Choose Destination and Mode"), u"configure"_s, HowTab,
        Qt::CTRL | Qt::ALT | Qt::Key_M, i18n("Another program or destination, mode, guard"));
    add(u"setup_parameters"_s, i18n("Set Migration Parameters"), u"configure"_s, ParametersTab,
        Qt::CTRL | Qt::ALT | Qt::Key_P, i18n("Limits, bandwidth, order of the switchover"));
}

void SetupPanel::goTo(int tab)
{
    m_tabs->setCurrentIndex(tab);
    Q_EMIT activated();
    for (QWidget* widget = parentWidget(); widget; widget = widget->parentWidget()) {
        if (auto* dock = qobject_cast<QDockWidget*>(widget)) {
            dock->show();
            dock->raise();
        }
    }
    m_tabs->currentWidget()->setFocus(Qt::ShortcutFocusReason);
}

Result<void> SetupPanel::canChange() const
{
    const op::SessionState& state = m_session->state();
    if (std::holds_alternative<op::state::Ready>(state) || std::holds_alternative<op::state::Failed>(state))
        return {};
    return failure(ErrorCode::Refused, i18n("change the setup"), {},
        isUnderWay(state)                                    ? i18n("the session is at work")
            : std::holds_alternative<op::state::Idle>(state) ? i18n("no source is connected")
                                                             : i18n("the guest has been moved"));
}

op::SessionRequest SetupPanel::chosen() const
{
    op::SessionRequest request = m_session->request();
    m_mode->fill(request);
    request.destination = m_destination->destination();
    request.parameters = m_parameters.chosen();
    return request;
}

void SetupPanel::show(const op::SessionRequest& request)
{
    const QScopedValueRollback quiet(m_settingUp, true);
    m_mode->setRequest(request);
    m_destination->setMode(request.mode, request.guarded);
    m_destination->setDestination(request.destination);
    m_parameters.setChosen(request.parameters);
    m_pending = false;
}

void SetupPanel::refresh()
{
    const op::Facts* source = m_session->sourceFacts();
    m_mode->setOffers(offersOf(source));
    const auto events = m_session->record().events();
    m_parameters.setRows(source ? parameterRows(source)
                                : recordedRows(op::lastSettings(events, Side::Source),
                                      op::lastSettings(events, Side::Destination)));
    if (source && source->process)
        m_destination->setSource(source->name, source->process->argv);
    if (std::holds_alternative<op::state::Checking>(m_session->state()) || !m_pending)
        show(m_session->request());
    updateBar();
}

void SetupPanel::refreshCommand()
{
    m_review->setCommand(op::lastReviewed(m_session->record().events()));
    refresh();
}

void SetupPanel::updateBar()
{
    const Result<void> allowed = canChange();
    const op::DestinationSpec& destination = m_session->request().destination;
    const bool isEdited
        = destination.kind == op::DestinationSpec::Kind::Command && destination.argv == m_editedArgv;
    m_review->setAllowed(allowed,
        !allowed ? allowed
            : isEdited
            ? Result<void>()
            : failure(ErrorCode::Refused, i18n("reset the command line"), {}, i18n("it was not edited")));
    m_how->setEnabled(allowed.has_value());
    const bool isRecorded
        = m_parameters.rowCount() > 0 && m_parameters.row(0).type == ParameterRow::Type::Recorded;
    m_parameterTable->setEnabled(allowed.has_value() || isRecorded);
    const Result<void> usable = m_destination->usable();
    m_apply->setEnabled(allowed && m_pending && usable);
    m_takeBack->setEnabled(m_pending);
    m_bar->setVisible(m_pending || !allowed);
    m_apply->setVisible(m_pending);
    m_takeBack->setVisible(m_pending);
    m_note->setText(!allowed ? i18n("Nothing can be changed here now: %1.", allowed.error().cause)
            : !usable        ? i18n("Not yet: %1.", usable.error().cause)
            : m_pending      ? i18n("Not checked yet. Until then Migrate does what was checked before.")
                             : QString());
    m_apply->setToolTip(m_note->text());
}

void SetupPanel::apply()
{
    const op::SessionRequest request = chosen();
    m_destination->remember();
    m_pending = false;
    Q_EMIT checkRequested(request);
}

void SetupPanel::takeBack()
{
    show(m_session->request());
    updateBar();
}

} // namespace cutover::ui
