@onboarding @basis-documented
Feature: Onboarding a Linux endpoint
  Once a Linux endpoint has its onboarding package, it enrols by itself and the Defender API lists it.

  Scenario: an endpoint with a direct route is onboarded
