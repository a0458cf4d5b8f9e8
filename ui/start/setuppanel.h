// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"
#include "start/parametersmodel.h"
#include "start/programversions.h"

#include <QWidget>

#include <optional>

class QLabel;
class QPushButton;
class QTabWidget;

namespace cutover::ui {

class Actions;
class CommandReview;
class DestinationChooser;
class ModeChooser;
class SessionModel;
class TablePanel;

/// How the guest of a connected source will be moved: the destination's command line with every change
/// marked, the destination and the mode, the parameters. What is changed here is checked again before it can
/// be used.
class SetupPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit SetupPanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);

Q_SIGNALS:
    /// One of its pages was asked for.
    void activated();
    void checkRequested(const cutover::op::SessionRequest& request);

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    QWidget* makeHow();
    QWidget* makeParameters();
    QWidget* makeBar();
    void refresh();
    void refreshCommand();
    void updateBar();
    op::SessionRequest chosen() const;
    Result<void> canChange() const;
    void apply();
    void takeBack();
    void show(const op::SessionRequest& request);
    void goTo(int tab);

    SessionModel* m_session;
    ProgramVersions m_versions;
    ParametersModel m_parameters;
    QTabWidget* m_tabs;
    CommandReview* m_review;
    QWidget* m_how = nullptr;
    DestinationChooser* m_destination = nullptr;
    ModeChooser* m_mode = nullptr;
    TablePanel* m_parameterTable = nullptr;
    QPushButton* m_resetParameter = nullptr;
    QWidget* m_bar = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_apply = nullptr;
    QPushButton* m_takeBack = nullptr;
    bool m_pending = false;
    bool m_settingUp = false;
    /// What was derived before it was edited.
    std::optional<op::DestinationSpec> m_unedited;
    QStringList m_editedArgv;
};

} // namespace cutover::ui
