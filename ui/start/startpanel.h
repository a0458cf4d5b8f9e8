// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"
#include "start/programversions.h"
#include "start/recentsessions.h"
#include "start/vmmwatch.h"

#include <QWidget>

class QComboBox;
class QGroupBox;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace cutover::ui {

class Actions;
class DestinationChooser;
class FailureBox;
class ModeChooser;
class SourceChooser;
class TablePanel;

/// Where a session begins: a running VMM, a typed or dropped socket, a recent session, a pair of our own, a
/// recording, the tour.
class StartPanel : public QWidget
{
    Q_OBJECT
public:
    explicit StartPanel(VmmWatch::Source discover, QWidget* parent = nullptr);

    /// Makes this page's actions, and offers those of others that begin something.
    void addActions(Actions& actions);
    void offerActions(const Actions& actions);

    /// Looks for running VMMs again.
    void refresh();
    void setSource(const QString& qmpPath);
    void setRequest(const op::SessionRequest& request);
    /// What a session begins with unless it is chosen otherwise; source and destination do not count.
    void setDefaults(const op::SessionRequest& defaults);
    const op::SessionRequest& defaults() const { return m_defaults; }
    RecentSessions& recent() { return m_recent; }
    /// The program that is chosen for a pair; empty where none is installed.
    QString labBinary() const;
    /// A lab is being started: nothing else can be begun.
    void setBusy(bool busy);
    /// Why connecting did not work, beside the side it belongs to; until the next attempt.
    void showFailure(const op::Failure& failure);
    void clearFailure();

Q_SIGNALS:
    void connectRequested(const cutover::op::SessionRequest& request);
    void labRequested(const QString& binary);

protected:
    void focusInEvent(QFocusEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeTitle();
    QWidget* makeSource(VmmWatch::Source discover);
    QWidget* makeRecent();
    QWidget* makeDestination();
    QWidget* makeMode();
    QWidget* makeOthers();
    Result<op::SessionRequest> request() const;
    void updateButtons();
    void updateSource();
    void requestConnect();
    void chooseRecent(bool connectAtOnce);

    ProgramVersions m_versions;
    RecentSessions m_recent;
    op::SessionRequest m_defaults;
    op::SessionRequest m_base; ///< what has no widget here
    SourceChooser* m_source = nullptr;
    TablePanel* m_recentTable = nullptr;
    DestinationChooser* m_destination = nullptr;
    ModeChooser* m_mode = nullptr;
    QWidget* m_parameters = nullptr; ///< of a recent session or the command line
    QLabel* m_parameterText = nullptr;
    FailureBox* m_sourceFailure = nullptr;
    FailureBox* m_destinationFailure = nullptr;
    QPushButton* m_connect = nullptr;
    QComboBox* m_labBinary = nullptr;
    QPushButton* m_lab = nullptr;
    QHBoxLayout* m_others = nullptr;
    bool m_busy = false;
};

} // namespace cutover::ui
